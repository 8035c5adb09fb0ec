"""The bare client for comparison: nats-py's own request and reply, over a server with the same mutual TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from overlay.brokers.programs import find_nats_server
from overlay.brokers.ports import free_port
from overlay.bench.load import Ask
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import TimedOut, Unreachable
from overlay.naming.ids import OPERATOR
from overlay.settings import load_settings
from overlay.transport.address import TlsFiles
