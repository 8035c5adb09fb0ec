"""Service installation: thirteen agents bring broadband to a customer who wants it (AG-11)."""
