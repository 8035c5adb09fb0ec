"""A trust domain on this machine: its folder, its broker, its services, and the one who operates it."""
