"""Composition roots, one per function: the only places that join ports to adapters and make clients."""
