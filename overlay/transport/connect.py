"""Connects to whichever broker an address names. The one place that knows every adapter."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.errors import BadSettings, OverlayError, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles
from overlay.transport.contract import OnError, Transport
from overlay.transport.nats import NatsTransport
from overlay.transport.rabbitmq import RabbitTransport


async def connect(
    addresses: Sequence[BrokerAddress], tls: TlsFiles, name: str, settings: Settings, on_error: OnError
) -> Transport:
    """As party `name`, to the first of `addresses` that lets us in. `on_error` must not raise.

    Raises BadSettings for files or addresses that cannot be used; Unreachable, with what each broker said.
    """
    if not addresses:
        raise BadSettings(f"{name} was given no broker address: its domain card names them")
    reasons = []
    for address in addresses:
        try:
            transport = await _connect_one(address, tls, name, settings, on_error)
        except BadSettings:
            raise
        except OverlayError as error:
            reasons.append(_why(address, error))
        else:
            transport.use_addresses(addresses)
            return transport
    if len(reasons) == 1:
        raise Unreachable(reasons[0])
    raise Unreachable(f"no broker lets {name} in: {'; '.join(reasons)}")


def _why(address: BrokerAddress, error: OverlayError) -> str:
    """One broker's reason, in words, naming it once."""
    if "Connection refused" in str(error) or "Connect call failed" in str(error):
        return f"nobody listens at {address}: is the domain up?"
    return str(error) if str(address) in str(error) else f"{address}: {error}"


async def _connect_one(
    address: BrokerAddress, tls: TlsFiles, name: str, settings: Settings, on_error: OnError
) -> Transport:
    match address.kind:
        case BrokerKind.NATS:
            return await NatsTransport.connect(address, tls, name, settings, on_error)
        case BrokerKind.RABBITMQ:
            return await RabbitTransport.connect(address, tls, name, settings, on_error)
        case BrokerKind.MEMORY:
            raise BadSettings(f"{address} lives in one process: hand its MemoryTransport over instead")
