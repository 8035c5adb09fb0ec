"""What the gateway enforces of caps and qualities."""
