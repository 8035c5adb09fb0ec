"""The thirteen agents, one a file: what each is asked, and whom it asks."""
