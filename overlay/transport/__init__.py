"""One small protocol over unlike brokers; see `contract`."""
