"""Slack, as far as this application speaks to it: a workspace in memory, and its HTTP API on loopback."""

from simulator.slack.click import ClickRequest, click, signed
from simulator.slack.server import Slack, serving
from simulator.slack.workspace import Posted, Reply, Trouble, Workspace

__all__ = ["ClickRequest", "Posted", "Reply", "Slack", "Trouble", "Workspace", "click", "serving", "signed"]
