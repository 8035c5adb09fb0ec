"""Measurements that decided something; docs/decisions/ says what."""
