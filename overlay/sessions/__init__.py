"""Sessions: a group, its recorded history, and where each participant stands in it (AG-1, AG-2)."""
