"""The wire format: envelopes and their sealed content. Pure."""
