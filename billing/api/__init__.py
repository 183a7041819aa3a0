"""Views of the billing API."""
