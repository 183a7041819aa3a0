"""Outgoing webhooks. `publish` and `messages` turn outboxes into deliveries, `pump` claims, posts and records them.

A delivery is a row before a byte leaves and keeps its id at every attempt, so that whatever is killed it is delivered
at least once and can be told from a second event. Nothing here is on the road of sending or of receipts.
"""
