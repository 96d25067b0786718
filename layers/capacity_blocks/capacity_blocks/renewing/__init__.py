"""The shell of reminders and renewal."""
