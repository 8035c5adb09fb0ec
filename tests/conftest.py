"""Fixtures that several rooms share, and how tests are dealt out to several processes."""

from __future__ import annotations

from tests.live_domain import live
from tests.rabbitmq_live import rabbitmq
from tests.workers import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = ["live", "pytest_collection_modifyitems", "pytest_xdist_make_scheduler", "rabbitmq"]
