"""Bridges: the gateways that federate the brokers of different domains."""
