"""Where a message goes next."""
