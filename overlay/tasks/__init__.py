"""Tasks: their states, kept by the executor and followed by the others (AG-3)."""
