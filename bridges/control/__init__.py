"""What operators and the registry ask of the gateway."""
