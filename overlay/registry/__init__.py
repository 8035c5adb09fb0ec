"""The domain's registry: who there is, what they can do, and how to seal to them (REG-1 … REG-10)."""
