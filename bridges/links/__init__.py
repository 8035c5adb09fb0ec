"""Sessions with the gateways of peers: handshake, lines, liveness."""
