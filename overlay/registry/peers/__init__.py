"""Other domains: what they tell us, and what we tell them (REG-7, REG-8, GW-4 … GW-6)."""
