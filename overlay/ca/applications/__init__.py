"""Becoming an agent: join tokens, applications, and the policy that decides them (CA-1, CA-2)."""
