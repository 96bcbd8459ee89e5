"""Machinery without a business word: log, handling, relay, messaging, deadlines, vault, views."""
