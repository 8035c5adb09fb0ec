"""`overlay demo`: thirteen agents of two organisations diagnose faults of home broadband (AG-11)."""
