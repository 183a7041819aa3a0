"""What `manage.py demo` does: `seed` makes a store and its provider, `drive` sends over the API, `summary` counts."""
