"""Channels over several domains: along which links a publication goes."""
