"""The nemesis: breaks a throw-away federation under load, and judges what became of every message."""
