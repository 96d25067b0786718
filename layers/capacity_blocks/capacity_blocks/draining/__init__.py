"""Empty instances before they go: one at a time, each in an invocation of its own."""
