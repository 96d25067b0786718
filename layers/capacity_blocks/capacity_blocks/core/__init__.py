"""Decisions, as data with reasons. Pure: no clock, no network, no environment."""
