"""Whether a nats-server answers at an address, as the one we started, with a certificate that holds."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

from overlay.errors import BadSettings, Unavailable

_MAX_INFO = 16 * 1024


def probe(listen: str, port: int, *, host: str, ca: Path, name: str, limit_s: float) -> None:
    """Returns if server `name` greets at `listen` and proves by TLS to be `host`. Blocks for up to `limit_s`.

    Raises Unavailable while nothing (or another server) answers, BadSettings when its certificate is wrong.
    """
    context = ssl.create_default_context(cafile=str(ca))
    try:
        with socket.create_connection((listen, port), timeout=limit_s) as plain:
            found = _greeting(plain).get("server_name")
            if found != name:
                raise Unavailable(f"port {port} of {listen} is answered by another nats-server ({found!r})")
            with context.wrap_socket(plain, server_hostname=host):
                return
    except ssl.SSLCertVerificationError as error:
        raise BadSettings(
            f"the broker's certificate does not hold for {host}: {error.verify_message}. "
            "Issue it for this host, from the CA of this domain"
        ) from error
    except (OSError, ValueError) as error:
        raise Unavailable(f"nothing answers yet at {listen} port {port}: {error}") from error


def _greeting(plain: socket.socket) -> dict[str, object]:
    """The INFO line, which comes in the clear and says that TLS follows."""
    line = b""
    while not line.endswith(b"\r\n"):
        if len(line) > _MAX_INFO:
            raise ValueError("no greeting of a nats-server")
        byte = plain.recv(1)  # no byte beyond the line: what follows belongs to TLS
        if not byte:
            raise ValueError("closed while greeting")
        line += byte
    if not line.startswith(b"INFO "):
        raise ValueError("no greeting of a nats-server")
    return dict(json.loads(line[5:]))
