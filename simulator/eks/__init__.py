"""EKS managed node groups in virtual time: updates that take a while, and EKS's own scale-down before a block ends."""
