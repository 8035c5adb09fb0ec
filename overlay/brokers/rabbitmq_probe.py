"""Whether a RabbitMQ node answers on both its ports, as the one we started, with a certificate that holds."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from pathlib import Path

from overlay.brokers.rabbitmq_config import ADMIN, LOOPBACK, ManagementAccess
from overlay.errors import BadSettings, Unavailable


def probe(listen: str, port: int, *, host: str, ca: Path, limit_s: float) -> None:
    """Returns if something at `listen` proves by TLS to be `host`. Blocks for up to `limit_s`.

    Raises Unavailable while nothing answers, BadSettings when the certificate is wrong.
    """
    _connect(listen, port, host, ca, limit_s).close()


def probe_management(access: ManagementAccess, *, listener: int, limit_s: float) -> None:
    """Returns if the management interface takes our password and says that AMQPS is served on `listener`.

    Blocks for up to `limit_s`. Raises Unavailable, BadSettings.
    """
    token = base64.b64encode(f"{ADMIN}:{access.password}".encode()).decode()
    connection = http.client.HTTPConnection(LOOPBACK, access.port, timeout=limit_s)
    try:
        connection.sock = _connect(LOOPBACK, access.port, access.host, access.ca, limit_s)
        path = f"/api/health/checks/port-listener/{listener}"
        connection.request("GET", path, headers={"Authorization": f"Basic {token}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(
            f"the management interface does not answer yet on port {access.port}: {error}"
        ) from error
    finally:
        connection.close()
    if status != http.client.OK:
        raise Unavailable(f"the management interface on port {access.port} says {status}")


def _connect(listen: str, port: int, host: str, ca: Path, limit_s: float) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(ca))
    try:
        plain = socket.create_connection((listen, port), timeout=limit_s)
    except OSError as error:
        raise Unavailable(f"nothing answers yet at {listen} port {port}: {error}") from error
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise BadSettings(
            f"the broker's certificate does not hold for {host}: {error.verify_message}. "
            "Issue it for this host, from the CA of this domain"
        ) from error
    except OSError as error:
        plain.close()
        raise Unavailable(f"no TLS yet at {listen} port {port}: {error}") from error
