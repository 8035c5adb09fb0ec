"""Which of several that have a skill is asked (GW-10)."""
