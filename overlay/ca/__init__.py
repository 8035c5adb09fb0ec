"""The domain's certificate authority: who may call itself what (CA-1 … CA-8)."""
