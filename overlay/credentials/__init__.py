"""Who an agent is and what it is, in the W3C's terms: DIDs, their documents, verifiable credentials (CA-9)."""
