"""A whole Heliograph on servers of its own, for commands that try it: the crash drill and the benchmark."""
