"""One chaos run: a throw-away federation, its agents, what is done to them, the verdict. The composition."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from overlay.chaos.crew import Crew, Worker
from overlay.chaos.duty import ASK, TELL, Duty, Role
from overlay.chaos.judge import Verdict, judge, open_messages
from overlay.chaos.nemesis import Fault, Nemesis, Tell
from overlay.chaos.orders import GO, STOP
from overlay.chaos.plan import ChaosPlan
from overlay.chaos.proxy import LinkProxy
from overlay.chaos.recorder import Reading
from overlay.chaos.records import Finished, Ready, Record
from overlay.chaos.recovery import Passages, slowest
from overlay.chaos.report import Report, Told
from overlay.domain.config import config_text, load_config
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.errors import TimedOut
from overlay.private_files import write_private
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerAddress, BrokerKind

_LOOK_S = 0.25
_PROGRESS_S = 5.0
_LETTERS = "abcdefgh"
_NAMES = {Role.SENDER: "sender", Role.RECEIVER: "receiver", Role.OBSERVER: "observer"}


async def run_chaos(
    plan: ChaosPlan, brokers: Sequence[BrokerKind], tell: Tell, keep: Path | None = None
) -> Report:
    """A domain on each of `brokers`. `keep`: a folder for records and logs. Raises OverlayError when the
    federation or an agent does not come up.
    """
    names = [f"{letter}.example" for letter, _ in zip(_LETTERS, brokers, strict=False)]
    async with AsyncExitStack() as stack:
        place = stack.enter_context(_place(keep))
        proxies: list[LinkProxy] = []

        async def prepare(folder: DomainFolder) -> None:
            proxies.append(await stack.enter_async_context(_before(folder, plan.seed)))

        tell(f"starting {', '.join(names)} on {', '.join(brokers)}, linked")
        folders = await stack.enter_async_context(throwaway(list(zip(names, brokers, strict=True)), prepare))
        stack.callback(_keep_logs, folders, keep)
        settings = load_settings(folders[0].settings)
        crew = Crew([worker async for worker in _workers(folders, names, plan, place, settings)])
        return await _Run(plan, folders, proxies, crew, place, settings, tell).run(brokers)


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
async def _before(folder: DomainFolder, seed: int) -> AsyncIterator[LinkProxy]:
    """A proxy where peers find the broker of a domain that is about to start."""
    config = load_config(folder.config)
    address = config.address
    async with LinkProxy(address.host, address.port, seed).listening() as proxy:
        public = str(BrokerAddress(address.kind, address.host, proxy.port))
        write_private(
            folder.config, config_text(config.model_copy(update={"public_urls": [public]})).encode()
        )
        yield proxy


async def _workers(
    folders: Sequence[DomainFolder], names: Sequence[str], plan: ChaosPlan, place: Path, settings: Settings
) -> AsyncIterator[Worker]:
    """Certified; none of them runs."""
    receivers = tuple(f"{_NAMES[Role.RECEIVER]}@{name}" for name in names)
    victims = (_NAMES[Role.RECEIVER], _NAMES[Role.SENDER])
    for role in (Role.RECEIVER, Role.OBSERVER, Role.SENDER):
        others = {Role.SENDER: receivers, Role.OBSERVER: victims}.get(role, ())
        for folder, name in zip(folders, names, strict=True):
            agent = _NAMES[role]
            home = await resident(folder, agent, (TELL, ASK))
            process = f"{agent}@{name}"
            duty = Duty(
                role,
                process,
                str(home),
                str(folder.settings),
                str(place),
                tuple(names),
                others,
                plan.rate / len(names),
            )
            yield Worker(duty, place / f"{process}.log", settings.chaos_again_s)


def _keep_logs(folders: Sequence[DomainFolder], keep: Path | None) -> None:
    if keep is None:
        return
    for folder in folders:
        for log in [*folder.run.glob("*.log"), *folder.broker.glob("*.log")]:
            shutil.copy(log, keep / f"{folder.path.name}-{log.name}")


class _Run:
    def __init__(
        self,
        plan: ChaosPlan,
        folders: Sequence[DomainFolder],
        proxies: Sequence[LinkProxy],
        crew: Crew,
        place: Path,
        settings: Settings,
        tell: Tell,
    ) -> None:
        self._plan = plan
        self._folders = folders
        self._crew = crew
        self._settings = settings
        self._tell = tell
        self._nemesis = Nemesis(folders, proxies, crew, settings, tell)
        self._reading = Reading(place)

    async def run(self, brokers: Sequence[BrokerKind]) -> Report:
        plan = self._plan
        async with self._crew.working():
            await self._until_ready()
            self._tell(f"seed {plan.seed}: {plan.rate:g} messages/s for {plan.seconds:g} s")
            begun = time.monotonic()
            await self._crew.tell(GO)
            await self._load(begun)
            await self._crew.tell(STOP)
            drained_s = await self._drain()
        records = list(self._reading.look())
        parameters: dict[str, object] = {
            "brokers": [str(kind) for kind in brokers],
            "seed": plan.seed,
            "seconds": plan.seconds,
            "rate": plan.rate,
        }
        verdict = judge(records, self._crew.killed)
        return _report(self._plan, parameters, verdict, records, self._nemesis.faults, begun, drained_s, self)

    async def _until_ready(self) -> None:
        wanted = {worker.process for worker in self._crew.workers}
        try:
            async with asyncio.timeout(self._settings.chaos_ready_s):
                while missing := wanted - {one.process for one in self._look() if isinstance(one, Ready)}:
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise TimedOut(
                f"{', '.join(sorted(missing))} did not come up: see their logs (--keep FOLDER)"
            ) from error

    async def _load(self, begun: float) -> None:
        """Returns when the time is over, and every fault."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._nemesis.strike(self._plan))
            until = begun + self._plan.seconds
            while (left := until - time.monotonic()) > 0:
                await asyncio.sleep(min(_PROGRESS_S, left))
                self._progress(time.monotonic() - begun)

    async def _drain(self) -> float:
        """Returns when all senders finished and all they sent was delivered or told, or the time for it is
        over; after how long.
        """
        begun = shown = time.monotonic()
        limit_s = self._settings.chaos_deadline_s + self._settings.chaos_allowance_s
        while (now := time.monotonic()) < begun + limit_s:
            records = self._look()
            finished = {one.process for one in records if isinstance(one, Finished)}
            sending = [one for one in self._crew.of(Role.SENDER) if one.process not in finished]
            left = open_messages(records)
            if not left and not sending:
                break
            if now - shown > _PROGRESS_S:
                self._tell(f"waiting for {left} messages, {len(sending)} senders")
                shown = now
            await asyncio.sleep(_LOOK_S)
        return time.monotonic() - begun

    def _look(self) -> Sequence[Record]:
        return self._reading.look()

    def _progress(self, at_s: float) -> None:
        so_far = judge(self._look(), self._crew.killed)
        self._tell(
            f"{at_s:6.1f} s  {so_far.accepted} accepted, {so_far.delivered} delivered, "
            f"{so_far.duplicates} twice, {so_far.misordered} out of order, {so_far.leaked} leaked"
        )

    @property
    def failed(self) -> list[str]:
        return self._crew.failed

    def domain(self, number: int) -> str:
        return self._folders[number].path.name


def _report(
    plan: ChaosPlan,
    parameters: dict[str, object],
    verdict: Verdict,
    records: Sequence[Record],
    faults: Sequence[Fault],
    begun: float,
    drained_s: float,
    run: _Run,
) -> Report:
    passages = Passages(records)
    told = [
        Told(
            at_s=round(fault.begun - begun, 2),
            act=str(fault.step.act),
            target=str(fault.step.target),
            domain=run.domain(fault.step.domain),
            for_s=round(fault.step.for_s, 2),
            recovery_s=passages.recovery_s(fault.ended),
            asking_recovery_s=passages.asking_recovery_s(fault.ended),
            done=fault.done,
        )
        for fault in sorted(faults, key=lambda fault: fault.begun)
    ]
    return Report(
        scenario=plan.scenario,
        parameters=parameters,
        verdict=verdict,
        recovery_s=slowest([one.recovery_s for one in told]),
        longest_pause_s=passages.longest_pause_s(),
        drained_s=drained_s,
        faults=told,
        failed=run.failed,
    )
