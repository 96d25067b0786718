"""Look at the nodes that a block has started, and tell whether they are good."""
