"""Segments: rules that say who belongs, evaluated by the database, in one condition for count, preview, quote and send.

`sight` (what a rule may know), `arguments` (what operators take), `rule` and `registry` (the rules, also of upper
apps), `rules/` (those of this app), `grammar` (from the API and back), `condition` (to SQL), `system` (segments that
every store has), `kind` (as an audience), `count` (numbers and explanations).
"""
