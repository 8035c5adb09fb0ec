"""Certificates, signatures, seals and replay windows: who says so, and proof of it. Pure."""
