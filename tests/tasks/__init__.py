"""Tasks: states, events, crashes."""
