"""Fixtures that several rooms share."""

from __future__ import annotations

from tests.rabbitmq_live import rabbitmq

__all__ = ["rabbitmq"]
