"""The audiences API: one file per resource."""
