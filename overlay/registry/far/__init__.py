"""Domains that are no peers of ours: whose word on their roots counts, and what is remembered of them."""
