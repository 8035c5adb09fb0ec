"""Where servers listen: a free port, whether a given one is free, and how we reach it ourselves."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import secrets
import socket
from collections import deque

from overlay.errors import BadSettings, OverlayError, Unavailable

_SERVERS = range(20000, 32768)
"""Below what Linux gives to outgoing connections: one of those could take the port of a server that is just
restarting, or a client that tries to reach it could connect to itself.
"""
_TRIES = 200
_OF_ANY = {str(ipaddress.IPv4Address(0)): "127.0.0.1", "::": "::1"}
_random = secrets.SystemRandom()
_given: deque[int] = deque(maxlen=4096)
"""To servers of ours that may not listen yet."""


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of this machine on which nobody listens now, and that this process gave to nobody lately.
    Raises BadSettings for a host not of ours, Unavailable when there is none.
    """
    for _ in range(_TRIES):
        port = _random.choice(_SERVERS)
        if port in _given:
            continue
        with contextlib.suppress(Unavailable):
            _bound(host, port).close()
            _given.append(port)
            return port
    raise Unavailable(f"no free port found on {host}: name one that is free")


def check_port(host: str, port: int) -> None:
    """Returns if a server could listen on `port`. Raises Unavailable when another program does, BadSettings
    when this machine or user cannot.
    """
    if not 0 < port < 65536:
        raise BadSettings(f"{port} is not a port: choose one from 1 to 65535, or 0 for a free one")
    _bound(host, port).close()


def says_taken(error: OverlayError) -> bool:
    """Whether a server said that another program took its port between the choice and its start."""
    text = str(error)
    return "eaddrinuse" in text or "address already in use" in text


def own_address(listen: str) -> str:
    """Where this machine itself reaches a server that listens on `listen`."""
    return _OF_ANY.get(listen, listen)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise BadSettings(f"{host!r} is not a host that can be resolved: {error.strerror}") from error
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _explained(host, port, error) from error
    return listener


def _explained(host: str, port: int, error: OSError) -> BadSettings | Unavailable:
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            f"port {port} of {host} is taken by another program: stop that program "
            f"(`ss -ltnp 'sport = :{port}'` shows it) or choose another port (0 takes a free one)"
        )
    if error.errno == errno.EACCES:
        return BadSettings(f"this user may not listen on port {port}: choose a port above 1023")
    return BadSettings(f"{host!r} is not an address of this machine ({error.strerror}): choose one that is")
