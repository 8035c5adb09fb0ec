"""Registrations that an administrator decides: the policy, what waits, what was decided (REG-11)."""
