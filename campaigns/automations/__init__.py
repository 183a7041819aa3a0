"""Automations: rules that make campaigns by themselves, each run a campaign on the same road as any other.

Whoever is meant is written down as a fire under a unique key; a run, its fires and its scheduled campaign are one
transaction, so that a kill leaves all of it or nothing. From there on the campaign is on its own.
"""
