"""What msgspec raises for bytes of a stranger: besides its own errors, these two of Python's. Pure."""

from __future__ import annotations

import msgspec

MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Text that is not UTF-8 and nesting without end come through msgspec as they are."""
