"""Who an agent is and what it is, as the W3C writes it: DIDs, documents, verifiable credentials (CA-9)."""
