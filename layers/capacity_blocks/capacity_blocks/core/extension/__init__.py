"""The decisions of an extension: more time for a block that there is, by the same rules of money as a purchase."""
