"""Renewal without a question: what a pool allows, and on which grounds."""
