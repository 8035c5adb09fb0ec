"""What compose.yaml says, done by local processes: for a machine without a container engine.

Each volume is a folder; each path of a command or variable that a volume is mounted on is that folder. Jobs,
dependencies, health checks and commands are the file's own. What no process can show: images, users,
capabilities, networks.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from overlay.brokers.account import Account
from tests.deployment.compose_file import compose, mounts

_LIMIT_S = 200.0
_LOOK_AGAIN_S = 0.1


class Composed:
    """All services without a profile. `programs`: the command lines of what images bring, by name."""

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str],
        programs: Mapping[str, list[str]],
        environment: Mapping[str, str],
    ) -> None:
        self._folder = folder
        self._programs = programs
        self._environment = environment
        services: dict[str, dict[str, Any]] = compose(variables)["services"]
        self._services = {name: one for name, one in services.items() if "profiles" not in one}
        self._ready = {name: asyncio.Event() for name in self._services}
        self._running: list[tuple[str, asyncio.subprocess.Process]] = []

    def volume(self, name: str) -> Path:
        """Its folder."""
        return self._folder / name

    async def __aenter__(self) -> Self:
        """Everything is up, and every job done."""
        for service in self._services.values():
            for volume, _ in mounts(service).values():
                self.volume(volume).mkdir(mode=0o700, exist_ok=True)
        try:
            async with asyncio.timeout(_LIMIT_S), asyncio.TaskGroup() as group:
                for name in self._services:
                    group.create_task(self._bring_up(name))
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _bring_up(self, name: str) -> None:
        service = self._services[name]
        for other in service.get("depends_on", ()):
            await self._ready[other].wait()
        self._mount_inside(name)
        process = await self._start(name, service["command"], service)
        if "healthcheck" not in service:
            assert await process.wait() == 0, f"{name}: {self._log(name).read_text()}"
        else:
            self._running.append((name, process))
            await self._until_healthy(name, process)
        self._ready[name].set()

    async def _until_healthy(self, name: str, process: asyncio.subprocess.Process) -> None:
        service = self._services[name]
        check = service["healthcheck"]["test"][1:]
        for ports in service.get("ports", ()):  # its check is costly, and takes time from what it waits for
            await _until_listened_to(int(ports.split(":")[0]))
        while True:
            looked = await self._start(f"{name}.health", check, service)
            if await looked.wait() == 0:
                return
            assert process.returncode is None, f"{name}: {self._log(name).read_text()}"
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _start(
        self, name: str, command: list[str], service: Mapping[str, Any]
    ) -> asyncio.subprocess.Process:
        places = {target: str(self.volume(volume)) for target, (volume, _) in mounts(service).items()}
        words = [_moved(word, places) for word in command]
        variables = {key: _moved(text, places) for key, text in service.get("environment", {}).items()}
        program = self._programs.get(words[0], words[:1])
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        foreign = self._environment if "rabbitmq" in service.get("image", "") else {}
        with self._log(name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *program, *words[1:], env={**path, **variables, **foreign}, stdout=log, stderr=log
            )

    def _mount_inside(self, name: str) -> None:
        """A volume that is mounted inside another: the folder there becomes a link to it."""
        places = mounts(self._services[name])
        for target, (volume, _) in places.items():
            outer = next((other for other in places if target.startswith(f"{other}/")), None)
            if outer is not None:
                inside = self.volume(places[outer][0]) / target.removeprefix(f"{outer}/")
                if not inside.is_symlink():
                    inside.rmdir()
                    inside.symlink_to(self.volume(volume))
        if name == "broker-b" and Account.for_servers().switch:
            self._give_away([volume for volume, _ in places.values()])

    def _give_away(self, volumes: list[str]) -> None:
        """RabbitMQ does not run as root: what it mounts is another user's then."""
        account = Account.for_servers()
        for volume in volumes:
            for path in (self.volume(volume), *self.volume(volume).rglob("*")):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)

    async def _stop(self) -> None:
        for _, process in reversed(self._running):
            if process.returncode is None:
                process.terminate()
                await process.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


async def _until_listened_to(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_LOOK_AGAIN_S)
        else:
            writer.close()
            return


def _moved(text: str, places: Mapping[str, str]) -> str:
    """With the paths of the container as those of this machine."""
    for target in sorted(places, key=len, reverse=True):
        text = re.sub(rf"(?<![\w./-]){re.escape(target)}(?=[/\s\"']|$)", places[target], text)
    return text
