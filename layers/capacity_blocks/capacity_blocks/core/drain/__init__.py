"""How the work of a node is moved or finished before its instance goes: decisions alone."""
