"""Looking up domains and agents that our registry does not know, from gateway to gateway."""
