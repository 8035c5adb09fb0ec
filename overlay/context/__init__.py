"""Context: typed parts of which each subtask gets what it needs (AG-6)."""
