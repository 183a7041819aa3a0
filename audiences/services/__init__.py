"""Every change to stores, people, consent and lists, each with its audit, by subject."""
