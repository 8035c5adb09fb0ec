"""How messages are treated: their quality, what an operator caps, and how senders hold back."""
