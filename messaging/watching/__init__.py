"""Watching over the API what needs providers, the message log or the state of the workers."""
