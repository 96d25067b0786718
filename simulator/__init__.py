"""A local AWS on a virtual clock: plays what the product would meet, without an account."""
