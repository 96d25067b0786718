"""Clicks on buttons in Slack: from the request that Slack makes to what comes of it."""
