"""Agents to learn from, and to be shown by `overlay demo`."""
