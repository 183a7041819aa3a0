"""The merchant console: server-rendered pages on the public API, and what a browser needs to go on from there."""
