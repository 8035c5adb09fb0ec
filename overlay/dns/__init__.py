"""Domains in the DNS: the records that name gateway, roots and brokers of one (REG-9; decision 19)."""
