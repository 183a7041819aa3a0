"""Sending a batch: claim → prepare → mark → call → settle. `sender` is the road, the others are its stations."""
