"""Decides: campaigns, quotes, recipients, batches, and their state machines."""
