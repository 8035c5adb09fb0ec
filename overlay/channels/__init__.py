"""Channels: a group of agents of any domains that reads what its members publish (GW-9)."""
