"""The same message with its seal, as the product sends it, and without, as nothing of the product does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from overlay.clock import system_clock
from overlay.endpoint.party import Party
from overlay.naming.subjects import Class, Priority, ToAgent
from overlay.trust.keycard import make_card, open_card
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind, decode_content, encode_content
from overlay.wire.envelope import Header, decode_envelope, encode_envelope, encode_header

_LANE = (Class.REALTIME, Priority.NORMAL)
_LEFT_S = 600.0
_TAG_BYTES = 16
"""By which a sealed body is longer."""


@dataclass(frozen=True, slots=True)
class Envelopes:
    """One way of writing and reading messages."""

    make: Callable[[], bytes]
    """One more, all the way from the body."""
    take: Callable[[bytes], object]
    """All the way to the body. Each message once."""


class Writer:
    """One sender, one receiver, one body."""

    def __init__(self, sender: Party, receiver: Party, size: int) -> None:
        now = system_clock()
        trust = receiver.trust_store()
        self.subject = str(ToAgent(*_LANE, receiver.id.name, sender.id.name))
        self._names = (str(sender.id), str(receiver.id))
        self._body = bytes(size)
        self._deadline_ms = int((now + _LEFT_S) * 1000)
        self._sender = Keyring(sender.credentials, sender.trust_store(), system_clock, sender.settings)
        self._receiver = Keyring(receiver.credentials, trust, system_clock, receiver.settings)
        self._card = open_card(make_card(receiver.credentials, now), trust, now)
        self._key_id = new_id()
        self._counter = 0
        first = self._seal()
        self._open(first)
        self._sender.confirm(receiver.id, decode_envelope(first).header.key_id)

    @property
    def sealed(self) -> Envelopes:
        """As every message of the product."""
        return Envelopes(self._seal, self._open)

    @property
    def clear(self) -> Envelopes:
        """The same header and size, and no seal."""
        return Envelopes(self._write, self._read)

    def _content(self, padding: int = 0) -> bytes:
        return encode_content(Content(Kind.MESSAGE, self._body + bytes(padding), sequence=1))

    def _seal(self) -> bytes:
        return self._sender.seal(
            self.subject,
            self._card,
            self._content(),
            id=new_id(),
            cls=_LANE[0],
            priority=_LANE[1],
            deadline_ms=self._deadline_ms,
        )

    def _open(self, data: bytes) -> object:
        return decode_content(self._receiver.open(decode_envelope(data), self.subject).content)

    def _write(self) -> bytes:
        self._counter += 1
        header = Header(new_id(), *self._names, *_LANE, self._deadline_ms, self._key_id, self._counter)
        return encode_envelope(encode_header(header), self._content(_TAG_BYTES))

    def _read(self, data: bytes) -> object:
        return decode_content(decode_envelope(data).sealed)
