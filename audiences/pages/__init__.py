"""Public pages: for whoever holds a link or scanned a code. No login, no cookie, no script, nothing from elsewhere."""
