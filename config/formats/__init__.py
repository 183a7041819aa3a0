"""How moments look where a page does not say it itself: the ops console's lists and pages."""
