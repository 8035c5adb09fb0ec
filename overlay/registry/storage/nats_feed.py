"""The feed of a JetStream bucket: every entry once, in order, over lost connections and lost messages."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Callable
from typing import Any

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from overlay.errors import OverlayError
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.nats_bucket import BATCH_END, BATCH_ID, DELETED, Bucket
from overlay.transport.contract import OnError

_AT_ONCE = 1000
_MISSED = 3
_NANO = 1_000_000_000
_FORGET_S = 30

Hear = Callable[[list[Entry]], None]


class NatsFeed:
    """Reads through a consumer that the server numbers, and makes another when a number is missing."""

    def __init__(
        self,
        bucket: Bucket,
        prefix: str,
        replica: str,
        heartbeat_s: float,
        *,
        hear: Hear,
        on_error: OnError,
    ) -> None:
        """Of what is below the subject `prefix`; keys are what follows it."""
        self._prefix = prefix
        self._bucket = bucket
        self._replica = replica
        self._heartbeat_s = heartbeat_s
        self._hear = hear
        self._on_error = on_error
        self._heard = 0
        """Revision of the last entry."""
        self._number = 0
        """Of the last message of this consumer."""
        self._waiting: list[Entry] = []
        self._whole = True
        """Whether they end with the end of an act: nobody hears half of one."""
        self.caught_up = asyncio.Event()
        """Set when all that was there is heard."""
        self._stale = asyncio.Event()
        self._signs = 0
        self._starting = asyncio.Lock()
        self._client = bucket.client
        self._subscription: Subscription | None = None
        self.renewed = 0
        """How often a consumer was made in place of another."""

    async def start(self) -> None:
        """From where it stopped. Raises Unavailable."""
        async with self._starting:
            await self._start()

    async def _start(self) -> None:
        await self._forget()
        self._waiting, self._number = [], 0
        self._stale.clear()
        client = self._bucket.client
        inbox = client.new_inbox()
        subscription: Subscription | None = None

        async def hear(message: Msg) -> None:
            if self._subscription is subscription:
                await self._take(message)

        self._client = client
        subscription = self._subscription = await client.subscribe(inbox, cb=hear)
        name = f"{self._replica}-{secrets.token_hex(4)}"
        call = f"CONSUMER.CREATE.{self._bucket.stream}.{name}.{self._prefix}>"
        made = await self._bucket.api(call, self._consumer(name, inbox))
        if not made["num_pending"] and not made["delivered"]["consumer_seq"]:
            self.caught_up.set()

    async def stop(self) -> None:
        """Hear no more."""
        await self._forget()

    async def watch(self) -> None:
        """Makes a new consumer when the old one went silent or lost something. Until cancelled."""
        while True:
            signs = self._signs
            try:
                async with asyncio.timeout(_MISSED * self._heartbeat_s):
                    await self._stale.wait()
            except TimeoutError:
                if self._signs != signs:
                    continue
            if not self._bucket.client.is_connected:
                continue  # the hand logs in again, and starts us
            try:
                self.renewed += 1
                await self.start()
            except OverlayError as error:
                self._on_error("feed of the registry's bucket", error)

    async def _forget(self) -> None:
        """The server removes the consumer when nobody has listened to it for a while."""
        old, self._subscription = self._subscription, None
        if old is not None and self._client.is_connected:
            await old.unsubscribe()

    def _consumer(self, name: str, inbox: str) -> dict[str, Any]:
        since: dict[str, Any] = {"deliver_policy": "all"}
        if self._heard:
            since = {"deliver_policy": "by_start_sequence", "opt_start_seq": self._heard + 1}
        config = {
            "name": name,
            "deliver_subject": inbox,
            "ack_policy": "none",
            "max_deliver": 1,
            "filter_subject": f"{self._prefix}>",
            "flow_control": True,
            "idle_heartbeat": math.ceil(self._heartbeat_s * _NANO),
            "inactive_threshold": _FORGET_S * _NANO,
            "num_replicas": 1,
            "mem_storage": True,
            "metadata": {"replica": self._replica},
            **since,
        }
        return {"stream_name": self._bucket.stream, "config": config}

    async def _take(self, message: Msg) -> None:
        self._signs += 1
        if not message.reply.startswith("$JS.ACK."):
            await self._sign(message)
            return
        revision, number, pending = _numbers(message.reply)
        if number != self._number + 1:
            self._stale.set()
            return
        self._number = number
        head = message.headers
        gone = head is not None and DELETED in head
        key = message.subject[len(self._prefix) :]
        self._waiting.append(Entry(key, None if gone else message.data, revision))
        self._whole = head is None or BATCH_ID not in head or BATCH_END in head
        if self._whole and (pending == 0 or len(self._waiting) >= _AT_ONCE):
            self._give()
            if pending == 0:
                self.caught_up.set()

    def _give(self) -> None:
        ready, self._waiting = self._waiting, []
        self._heard = ready[-1].revision
        self._hear(ready)

    async def _sign(self, message: Msg) -> None:
        """Of life, or a question whether we keep up."""
        head = message.headers or {}
        stalled = head.get("Nats-Consumer-Stalled", "")
        for subject in {message.reply, stalled} - {""}:
            await self._bucket.client.publish(subject)
        if int(head.get("Nats-Last-Consumer", self._number)) != self._number:
            self._stale.set()
        elif self._waiting and self._whole:
            self._give()


def _numbers(reply: str) -> tuple[int, int, int]:
    """Revision, the consumer's number of this message, and how many come after it."""
    tokens = reply.split(".")
    at = 5 if len(tokens) == 9 else 7
    return int(tokens[at]), int(tokens[at + 1]), int(tokens[at + 3])
