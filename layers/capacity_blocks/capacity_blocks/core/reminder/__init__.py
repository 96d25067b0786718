"""Reminders: that a block ends, what could follow, and what each of it costs."""
