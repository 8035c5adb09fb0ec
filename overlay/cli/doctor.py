"""`overlay doctor`."""


def doctor() -> None:
    """Doctor."""
