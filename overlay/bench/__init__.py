"""Measurements: what the overlay carries, beside the bare broker in the same run."""
