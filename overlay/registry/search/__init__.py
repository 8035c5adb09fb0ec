"""Who is found: by need, by name, by an intent in plain language; and who may find whom (REG-4, REG-5)."""
