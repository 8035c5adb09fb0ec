"""Where a chaos run takes place: a throw-away federation, proxies before its brokers, and its agents."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from overlay.chaos.crew import Crew, Worker
from overlay.chaos.duty import ASK, TELL, Duty, Role
from overlay.chaos.plan import ChaosPlan
from overlay.chaos.proxy import LinkProxy
from overlay.domain.config import config_text, load_config
from overlay.domain.federation import link_all, link_row, throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.private_files import write_private
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerAddress, BrokerKind

_LETTERS = "abcdefgh"
_NAMES = {Role.SENDER: "sender", Role.RECEIVER: "receiver", Role.OBSERVER: "observer"}
_CHANNEL, _GUEST = "chaos", "visitor"


@dataclass(frozen=True, slots=True)
class Stage:
    """Domains and proxies in the same order; of the crew nobody works yet. `place`: where records go."""

    folders: Sequence[DomainFolder]
    proxies: Sequence[LinkProxy]
    crew: Crew
    place: Path
    settings: Settings


@asynccontextmanager
async def staged(plan: ChaosPlan, brokers: Sequence[BrokerKind], keep: Path | None) -> AsyncIterator[Stage]:
    """A domain on each of `brokers`, each linked with each, or with the one in the middle. `keep`: a folder
    for records and logs. Raises OverlayError when the federation does not come up.
    """
    names = [f"{letter}.example" for letter, _ in zip(_LETTERS, brokers, strict=False)]
    async with AsyncExitStack() as stack:
        place = stack.enter_context(_place(keep))
        proxies: dict[str, LinkProxy] = {}

        async def prepare(folder: DomainFolder) -> None:
            proxies[folder.path.name] = await stack.enter_async_context(_before(folder, plan))

        domains = list(zip(names, brokers, strict=True))
        folders = await stack.enter_async_context(throwaway(domains, prepare, linked=False))
        await (link_row if plan.row else link_all)(folders)
        stack.callback(_keep_logs, folders, keep)
        settings = load_settings(folders[0].settings)
        crew = await _crew(folders, names, plan, place, settings)
        yield Stage(folders, [proxies[name] for name in names], crew, place, settings)


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for old in keep.glob("*.jsonl"):
            old.unlink()
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="overlay-chaos-") as folder:
        yield Path(folder)


@asynccontextmanager
async def _before(folder: DomainFolder, plan: ChaosPlan) -> AsyncIterator[LinkProxy]:
    """A proxy where peers find the broker of a domain that is about to start."""
    if plan.settings:
        with folder.settings.open("a") as file:
            file.write("\n".join((*plan.settings, "")))
    config = load_config(folder.config)
    address = config.address
    async with LinkProxy(address.host, address.port, plan.seed).listening() as proxy:
        public = str(BrokerAddress(address.kind, address.host, proxy.port))
        write_private(
            folder.config, config_text(config.model_copy(update={"public_urls": [public]})).encode()
        )
        yield proxy


async def _crew(
    folders: Sequence[DomainFolder], names: Sequence[str], plan: ChaosPlan, place: Path, settings: Settings
) -> Crew:
    """Certified: domains at once, in each one agent after the other."""
    receivers = tuple(f"{_NAMES[Role.RECEIVER]}@{name}" for name in names)
    members = (*receivers, *(f"{_NAMES[Role.SENDER]}@{name}" for name in names))
    guest = f"{_GUEST}@{names[-1]}"
    others = {Role.SENDER: receivers, Role.OBSERVER: (_NAMES[Role.RECEIVER], _NAMES[Role.SENDER])}

    async def of(folder: DomainFolder, name: str) -> list[Worker]:
        workers = []
        roles = dict(_NAMES) | ({Role.GUEST: _GUEST} if name == names[-1] else {})
        for role, agent in roles.items():
            home = await resident(folder, agent, (TELL, ASK))
            duty = Duty(
                role,
                f"{agent}@{name}",
                str(home),
                str(folder.settings),
                str(place),
                tuple(names),
                others.get(role, ()),
                channel=f"{_CHANNEL}@{names[0]}",
                owner=members[len(names)],
                members=(*members, guest),
                guest=guest,
                rate=plan.rate / len(names),
            )
            workers.append(Worker(duty, place / f"{agent}@{name}.log", settings.chaos_again_s))
        return workers

    made = await asyncio.gather(*(of(folder, name) for folder, name in zip(folders, names, strict=True)))
    return Crew(worker for workers in made for worker in workers)


def _keep_logs(folders: Sequence[DomainFolder], keep: Path | None) -> None:
    if keep is None:
        return
    for folder in folders:
        for log in [*folder.run.glob("*.log"), *folder.broker.glob("*.log")]:
            shutil.copy(log, keep / f"{folder.path.name}-{log.name}")
