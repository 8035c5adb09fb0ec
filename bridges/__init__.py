"""The gateway: moves envelopes between domains without opening them."""
