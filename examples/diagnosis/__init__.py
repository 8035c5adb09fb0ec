"""Fault diagnosis: thirteen agents find out what is wrong with a broadband line, and mend it (AG-11)."""
