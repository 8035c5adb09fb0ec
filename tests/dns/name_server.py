"""Two BIND servers on this machine: one has signed and unsigned zones, the other asks it and validates."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_LIMIT_S = 60
_HEAD = """$TTL 60
@ IN SOA localhost. nobody.localhost. 1 3600 600 86400 60
@ IN NS localhost.
@ IN A 127.0.0.1
"""
_SERVER = """
options {{
  directory "{folder}"; pid-file none; session-keyfile none; listen-on-v6 {{ none; }};
  listen-on port {port} {{ 127.0.0.1; }}; max-udp-size 512; notify no; {options}
}};
controls {{ }};
{more}
"""


@dataclass(frozen=True)
class Zone:
    """Records in a zone of their own, `signed` with the key that the resolver knows, not, or `forged`."""

    records: str
    signed: bool = True
    forged: bool = False


@dataclass(frozen=True)
class NameServers:
    """Their ports."""

    resolver: int
    """Recursive, validating; says so by the AD flag."""
    authority: int


@asynccontextmanager
async def name_servers(folder: Path, zones: Mapping[str, Zone]) -> AsyncIterator[NameServers]:
    """Both serve these zones until the block ends."""
    await asyncio.to_thread(folder.mkdir)
    anchors = "".join(await asyncio.gather(*(_write(folder, name, zone) for name, zone in zones.items())))
    served = "".join(f'zone "{name}" {{ type primary; file "{name}.zone"; }};\n' for name in zones)
    authority, resolver = _free_ports(2)
    forward = f"forward only; forwarders port {authority} {{ 127.0.0.1; }}; dnssec-validation yes;"
    async with AsyncExitStack() as stack:
        for port, options, more in (
            (authority, "recursion no;", served),
            (resolver, forward, f"trust-anchors {{ {anchors} }};"),
        ):
            inside = folder if port == authority else folder / "resolver"
            await asyncio.to_thread(inside.mkdir, exist_ok=True)
            text = _SERVER.format(folder=inside, port=port, options=options, more=more)
            await stack.enter_async_context(_server(inside, text))
        yield NameServers(resolver, authority)


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    assert found, f"{name} is missing: .ci/setup-dns installs it"
    return found


async def _write(folder: Path, name: str, zone: Zone) -> str:
    """The zone's file; what the resolver is told of its key."""
    file = folder / f"{name}.zone"
    file.write_text(_HEAD + zone.records + "\n")
    if not zone.signed:
        return ""
    key = await _key(folder, name)
    await _run(folder, "dnssec-signzone", "-S", "-z", "-o", name, "-f", file.name, file.name, key)
    believed = await _key(folder, name) if zone.forged else key
    record = (folder / f"{believed}.key").read_text().splitlines()[-1].split("DNSKEY")[1].split()
    return f'"{name}" static-key {" ".join(record[:3])} "{"".join(record[3:])}";\n'


async def _key(folder: Path, name: str) -> str:
    return (await _run(folder, "dnssec-keygen", "-a", "ECDSAP256SHA256", "-f", "KSK", name)).strip()


async def _run(folder: Path, program: str, *words: str) -> str:
    done = await asyncio.create_subprocess_exec(
        _program(program), *words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await done.communicate()
    assert done.returncode == 0, err.decode()
    return out.decode()


@asynccontextmanager
async def _server(folder: Path, text: str) -> AsyncIterator[None]:
    """A copy of the program runs, since AppArmor may let the installed one read its own folders only."""
    program, config = folder / "name-server", folder / "named.conf"
    shutil.copy(_program("named"), program)
    config.write_text(text)
    process = await asyncio.create_subprocess_exec(
        program, "-g", "-n", "1", "-c", config, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            log = await _until_running(process)
        reading = asyncio.create_task(_read_on(log))
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    await reading


async def _until_running(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    assert process.stderr is not None
    said = b""
    async for line in process.stderr:
        said += line
        if line.rstrip().endswith(b" running"):
            return process.stderr
    raise AssertionError(said.decode())


async def _read_on(log: asyncio.StreamReader) -> None:
    while await log.read(65536):
        pass


def _free_ports(count: int) -> list[int]:
    """For UDP and TCP."""
    found: list[int] = []
    while len(found) < count:
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in found:
                found.append(port)
    return found
