"""What is said of messages that nobody waits for: into the log, once each, with the receiver's name."""

from __future__ import annotations

from collections import Counter, OrderedDict

from overlay.clock import Clock
from overlay.endpoint.composer import Outgoing
from overlay.endpoint.failures import may_answer_for
from overlay.endpoint.outbox import Outbox
from overlay.endpoint.post import Post
from overlay.endpoint.sender_limit import SenderLimit
from overlay.errors import OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.transport.contract import OnError
from overlay.trust.identity import Identity
from overlay.wire.content import Kind, decode_content

_REMEMBERED = 4096
_ANSWERS = (Kind.REPLY, Kind.ERROR)
_SOONEST_S = 0.05
_OF_PEOPLE = (Kind.MESSAGE, Kind.REQUEST, Kind.REPLY)


class Strays:
    """Of one process. Probes speak for the stored messages that they are about; what an endpoint says of keys
    and receipts by itself is counted only: it comes again.
    """

    def __init__(
        self,
        me: PartyId,
        post: Post,
        outbox: Outbox,
        limit: SenderLimit,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        """`limit`: how often parties may speak of messages that we do not know any more."""
        self._me = me
        self._post = post
        self._outbox = outbox
        self._limit = limit
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._said: OrderedDict[bytes, None] = OrderedDict()

    def told(self, sender: Identity, message_id: bytes, error: OverlayError) -> None:
        """`sender` says that this message of ours failed, and nobody here waits for it."""
        self._counters["unasked-error"] += 1
        sent = self._post.known(message_id)
        if sent is None or not may_answer_for(sender, sent.to.identity.party, self._me):
            if self._limit.allow(str(sender.party)):  # or a stranger could fill our log
                self._on_error(f"message {message_id.hex()}, says {sender.party}", error)
            return
        content = decode_content(sent.content)
        if isinstance(error, Overloaded) and content.kind in _ANSWERS and self._later(sent, error):
            return
        if content.kind is Kind.PROBE:
            self._of_probe(sent, content.about, error)
        elif content.kind in _OF_PEOPLE:
            self._once(message_id, f"message {message_id.hex()} to {sent.to.identity.party}", error)

    def _later(self, sent: Outgoing, error: Overloaded) -> bool:
        """An answer over a cap: its asker waits, and was told nothing. So it goes again, if in time."""
        after_s = max(error.retry_after_s, _SOONEST_S) * (1 + sent.id[-1] / 512)
        in_time = self._clock() + after_s < sent.deadline_ms / 1000
        return bool(sent.slot) and in_time and self._post.send_later(sent, after_s)

    def _of_probe(self, probe: Outgoing, about: tuple[bytes, ...], error: OverlayError) -> None:
        for message_id in about:
            if self._outbox.earlier(message_id):
                count = self._outbox.earlier_ones
                few = "1 earlier message is still on its way"
                many = f"{count} earlier messages are still on their way"
                self._once(b"", few if count == 1 else many, error)
            elif self._outbox.owns(message_id):
                to = probe.to.identity.party
                self._once(message_id, f"message {message_id.hex()} to {to} is still on its way", error)

    def _once(self, message_id: bytes, where: str, error: OverlayError) -> None:
        if message_id in self._said:
            return
        self._said[message_id] = None
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        self._on_error(where, error)
