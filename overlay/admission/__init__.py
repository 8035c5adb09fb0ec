"""Who may come in to a broker, and what they may do there."""
