"""Carriers beside the broker."""
