"""Which agents are there, and how they are: heartbeats, silence, status (GW-2)."""
