"""What can be done to a campaign; each function is one decision and writes its own history."""
