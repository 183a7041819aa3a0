"""Speaks to SMS providers; plain Python: no Django, no models, no other app of ours."""
