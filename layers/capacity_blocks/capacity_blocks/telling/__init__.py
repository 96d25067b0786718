"""Tells people in Slack what the topic says: all of it, in order, and no faster than they can read."""
