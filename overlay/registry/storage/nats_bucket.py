"""The JetStream bucket of a registry: its stream, its subjects, and what its server says."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from overlay.errors import BadSettings, Unavailable
from overlay.transport.address import BrokerAddress
from overlay.transport.nats_hand import NatsLogin, TlsContext

BATCH_ID: Final = "Nats-Batch-Id"
BATCH_END: Final = "Nats-Batch-Commit"
ALONE_ID: Final = "Overlay-Act"
"""The same for a message alone, which is no batch to the server."""
DELETED: Final = "KV-Operation"
WRONG_LAST_SEQUENCE: Final = 10071
_NO_MESSAGE: Final = 10037
_NO_STREAM: Final = 10059
_BAD_REQUEST: Final = 10025


RESTORING: Final = "restoring"
"""The identity of a history that is not whole yet."""


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """Where the bucket's server is, and how we get in."""

    address: BrokerAddress
    tls: TlsContext
    login: NatsLogin


@dataclass(frozen=True, slots=True)
class Reader:
    """A process that reads the feed."""

    replica: str
    there: bool
    behind: int
    """Entries that it has not heard."""


class StoreError(Unavailable):
    """The server answered with an error; `code` is NATS' own."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Bucket:
    """`state.<key>`: what the registry knows; `audit.<replica>.<number>`: its audit log; `log`: its identity.
    `client` changes with each login.
    """

    def __init__(self, name: str, timeout_s: float) -> None:
        self.name = name
        self.stream = f"KV_{name}"
        self.everything = f"$KV.{name}."
        self.state = f"{self.everything}state."
        self.audit = f"{self.everything}audit."
        self.log = f"{self.everything}log"
        self.client = Client()
        self._timeout_s = timeout_s

    async def prepare(self, replicas: int, max_bytes: int) -> str:
        """Make the stream if it is not there. Returns the history's identity.

        Raises BadSettings when it is of another kind, or the server too old; Unavailable.
        """
        found = await self.found()
        if found is None:
            found = await self.make(replicas, max_bytes)
        self._check(found["config"])
        return await self._identity()

    async def found(self) -> dict[str, Any] | None:
        """What the server says of the stream; None: there is none. Raises Unavailable."""
        try:
            return await self.api(f"STREAM.INFO.{self.stream}")
        except StoreError as error:
            if error.code != _NO_STREAM:
                raise
            return None

    async def make(self, replicas: int, max_bytes: int, first: int = 1) -> dict[str, Any]:
        """A new stream, whose revisions begin at `first`. Raises BadSettings, Unavailable."""
        config = {
            "name": self.stream,
            "subjects": [f"{self.everything}>"],
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "max_msgs_per_subject": 1,
            "max_bytes": max_bytes,
            "num_replicas": replicas,
            "first_seq": first,
            "deny_delete": True,
            "allow_atomic": True,
        }
        try:
            return await self.api(f"STREAM.CREATE.{self.stream}", config)
        except StoreError as error:
            if error.code == _BAD_REQUEST:
                raise self._too_old() from error
            raise BadSettings(f"the bucket {self.name} cannot be made: {error}") from error

    async def last(self, subject: str) -> tuple[int, dict[str, str], bytes] | None:
        """Revision, headers and value of the newest message of `subject`, which may end in `>`."""
        try:
            found = await self.api(f"STREAM.MSG.GET.{self.stream}", {"last_by_subj": subject})
        except StoreError as error:
            if error.code == _NO_MESSAGE:
                return None
            raise
        message = found["message"]
        head = _headers(base64.b64decode(message.get("hdrs", "")))
        return int(message["seq"]), head, base64.b64decode(message.get("data", ""))

    async def purge(self, subject: str, upto: int) -> None:
        """Remove what `subject` holds if its revision is not above `upto`. Raises Unavailable."""
        await self.api(f"STREAM.PURGE.{self.stream}", {"filter": subject, "seq": upto + 1})

    async def readers(self) -> list[Reader]:
        """Who reads the feed, or did a moment ago. Raises Unavailable."""
        found: list[Reader] = []
        while True:
            page = await self.api(f"CONSUMER.LIST.{self.stream}", {"offset": len(found)})
            consumers = page.get("consumers") or []
            found.extend(
                Reader(
                    one["config"].get("metadata", {}).get("replica", one["name"]),
                    bool(one.get("push_bound")),
                    int(one["num_pending"]),
                )
                for one in consumers
            )
            if not consumers or len(found) >= int(page.get("total", 0)):
                return found

    async def count(self, prefix: str) -> int:
        """How many subjects below `prefix` there are. Raises Unavailable."""
        name = f"count-{secrets.token_hex(4)}"
        config = {"name": name, "filter_subject": f"{prefix}>", "ack_policy": "none", "mem_storage": True}
        body = {"stream_name": self.stream, "config": config}
        made = await self.api(f"CONSUMER.CREATE.{self.stream}.{name}.{prefix}>", body)
        await self.api(f"CONSUMER.DELETE.{self.stream}.{name}")
        return int(made["num_pending"])

    async def api(self, call: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """JetStream's answer. Raises StoreError, Unavailable."""
        payload = b"" if body is None else json.dumps(body).encode()
        return answer_of(await self.request(f"$JS.API.{call}", payload))

    async def request(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> Msg:
        """Raises Unavailable."""
        try:
            return await self.client.request(subject, payload, timeout=self._timeout_s, headers=headers)
        except (NatsError, OSError, TimeoutError) as error:
            raise Unavailable(f"the registry's bucket does not answer: {error!r}") from error

    def _check(self, config: dict[str, Any]) -> None:
        if not config.get("allow_atomic"):
            raise self._too_old()
        if config.get("max_msgs_per_subject") != 1 or config.get("subjects") != [f"{self.everything}>"]:
            raise BadSettings(
                f"the bucket {self.name} was made by another program: name another (registry_store_bucket)"
            )

    def _too_old(self) -> BadSettings:
        return BadSettings(
            f"the bucket {self.name} lies on a server that cannot write several keys in one act: it is "
            f"nats-server {self.client.connected_server_version}, the registry needs 2.12 or newer, and "
            "a bucket that the registry itself made there"
        )

    async def _identity(self) -> str:
        once = {"Nats-Expected-Last-Subject-Sequence": "0"}
        try:
            answer_of(await self.request(self.log, secrets.token_hex(16).encode(), once))
        except StoreError as error:
            if error.code != WRONG_LAST_SEQUENCE:
                raise
        found = await self.last(self.log)
        if found is None:
            raise Unavailable(f"the bucket {self.name} is being removed")
        log = found[2].decode()
        if log == RESTORING:
            raise BadSettings(
                f"the bucket {self.name} holds half of a backup: run `overlay registry restore` to its end"
            )
        return log


def answer_of(message: Msg) -> dict[str, Any]:
    """Raises StoreError."""
    try:
        answer = json.loads(message.data)
    except ValueError as error:
        raise Unavailable(f"the registry's bucket answers what is no JSON: {error}") from error
    if "error" in answer:
        wrong = answer["error"]
        text = f"the registry's bucket refuses: {wrong.get('description')} ({wrong.get('err_code')})"
        raise StoreError(text, int(wrong.get("err_code", 0)))
    return dict(answer)


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode("utf-8", "replace").split("\r\n")[1:]
    return {name: value.strip() for name, found, value in (line.partition(":") for line in lines) if found}
