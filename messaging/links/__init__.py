"""Short links that are followed: where they lead, the click, and its counters."""
