"""The watchdog: looks for what no sweep can mend, and says so until it is over."""
