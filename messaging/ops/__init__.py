"""The frame of the ops console: its site and its first page."""
