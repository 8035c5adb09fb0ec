"""Four whole domains, their processes and brokers, for all tests of this folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.errors import Unavailable
from overlay.transport.address import BrokerKind
from tests.integration.buckets import BucketPlace, bucket_server, registry_settings
from tests.integration.people import LIMIT_S, SETTINGS, Person, present

NATS, RABBITMQ = BrokerKind.NATS, BrokerKind.RABBITMQ
DOMAINS = {"a": NATS, "b": NATS, "c": RABBITMQ, "d": RABBITMQ}
_PROBE_S = 3.0
_TEST_S = 400
"""Whichever test comes first starts the domains, which takes minutes on a slow machine."""

Federation = Mapping[str, DomainFolder]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of this folder that say nothing else may take so long as the start of the domains takes."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TEST_S))


@dataclass(frozen=True)
class Pair:
    """Two linked domains."""

    near: DomainFolder
    far: DomainFolder


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def federation() -> AsyncIterator[Federation]:
    """Domains a.example, b.example (NATS), c.example, d.example (RabbitMQ), each linked with each."""
    with _patient_processes():
        names = [(f"{name}.example", kind) for name, kind in DOMAINS.items()]
        async with bucket_server() as server, throwaway(names, partial(_prepare, server)) as folders:
            yield dict(zip(DOMAINS, folders, strict=True))


async def _prepare(server: BucketPlace, folder: DomainFolder) -> None:
    """The registries of b and d are several processes, on buckets; those of a and c are one, on a file, and
    these have a session service.
    """
    if folder.path.name in ("b.example", "d.example"):
        with folder.settings.open("a") as file:
            file.write("session_service = false\n")
    if folder.path.name == "b.example":
        registry_settings(folder, replicas=3)
    elif folder.path.name == "d.example":
        server.give_to(folder, replicas=2)


@pytest_asyncio.fixture(scope="module", params=["a-b", "a-c", "c-d"], loop_scope="session")
async def pair(request: pytest.FixtureRequest, federation: Federation) -> Pair:
    """NATS and NATS, NATS and RabbitMQ, RabbitMQ and RabbitMQ; reached, whatever an earlier test did."""
    near, far = str(request.param).split("-")
    return await linked(Pair(federation[near], federation[far]))


async def linked(pair: Pair) -> Pair:
    """Returns when messages go both ways; if they do not, the gateways' last lines are in standard error."""
    try:
        async with present(pair.near, "near") as near, present(pair.far, "far") as far:
            await near.hears_of(far)
            await far.hears_of(near)
            await _reaches(near, far)
            await _reaches(far, near)
    except Exception:
        for folder in (pair.near, pair.far):
            for log in ("gateway.log", "registry.log"):
                lines = (folder.run / log).read_text(errors="replace").splitlines()
                sys.stderr.write("\n".join((f"-- {log} of {folder.path.name}:", *lines[-40:], "")))
        raise
    return pair


async def _reaches(asker: Person, other: Person) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                await asker.agent.ask(other.id, b"there?", skill=other.skill, timeout_s=_PROBE_S)
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                return


@contextmanager
def _patient_processes() -> Iterator[None]:
    """For processes begun in the block: patience on slow machines, but none where tests would wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERLAY_SERVICE_START_TIMEOUT_S", "240")
        patch.setenv("OVERLAY_RABBITMQ_START_TIMEOUT_S", "240")
        patch.setenv("OVERLAY_ASK_TIMEOUT_S", str(LIMIT_S))
        patch.setenv("OVERLAY_ACK_WAIT_S", str(SETTINGS.ack_wait_s))
        patch.setenv("OVERLAY_GATEWAY_POLL_S", "0.2")
        patch.delenv("OVERLAY_SESSION_SERVICE", raising=False)
        yield
