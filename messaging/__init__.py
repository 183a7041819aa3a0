"""Sends, receives, polls and watches; and the pages that show everything."""
