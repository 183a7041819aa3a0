"""Knows people: stores, members, keys, contacts, consent, lists, imports."""
