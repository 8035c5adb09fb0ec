"""When trust ends, at once and everywhere; and how it comes back (CA-6 … CA-8)."""
