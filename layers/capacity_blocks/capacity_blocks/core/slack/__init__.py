"""Slack, as far as it needs no input or output: what is posted there, and what its requests say."""
