"""A message-broker-based overlay network for AI agents."""
