"""`overlay demo`: the broadband examples on a throw-away federation, told as they happen (AG-11)."""
