"""`overlay demo`."""


def demo() -> None:
    """Demo."""
