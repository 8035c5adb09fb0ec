"""The CA as an issuer of verifiable credentials, and its trust list of others (CA-9)."""
