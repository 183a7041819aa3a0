"""Short links: found in a text, coded for a recipient, read back from an address."""
