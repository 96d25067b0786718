"""Whether what a block has started is good: its nodes in their cluster, ready, and with their accelerators."""
