"""Fixtures that several rooms share, and how tests are dealt out to several processes."""

from __future__ import annotations

import os

from tests.live_domain import live
from tests.rabbitmq_live import rabbitmq
from tests.workers import pytest_collection_modifyitems, pytest_xdist_make_scheduler

os.environ.setdefault("OVERLAY_SESSION_SERVICE", "false")
"""A process more for each of the many domains; those that are shared (`live`, `federation`) have it."""

__all__ = ["live", "pytest_collection_modifyitems", "pytest_xdist_make_scheduler", "rabbitmq"]
