"""Who reads which channel at the broker: the registry says, the CA's process sees to it (GW-9)."""
