"""Chains: graphs of subtasks, checked, carried in messages and worked through (AG-4, AG-5)."""
