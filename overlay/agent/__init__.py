"""The library that applications use; see `overlay.agent.agent.Agent`."""
