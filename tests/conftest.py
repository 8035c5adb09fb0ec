"""Fixtures that several rooms share."""

from __future__ import annotations

from tests.live_domain import live
from tests.rabbitmq_live import rabbitmq

__all__ = ["live", "rabbitmq"]
