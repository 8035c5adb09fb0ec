"""JSON-RPC 2.0: requests, answers, and errors between its codes and ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from overlay.endpoint.failures import error_of
from overlay.errors import (
    BadInput,
    Failed,
    NotFound,
    NotPermitted,
    OverlayError,
    Overloaded,
    Refused,
    TimedOut,
    Unavailable,
    Unreachable,
)
from overlay.wire.malformed import MALFORMED

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Params = Sequence[Json] | Mapping[str, Json]
T = TypeVar("T")

PARSE, INVALID, NO_METHOD, PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
_OURS: tuple[tuple[type[OverlayError], int], ...] = (
    (BadInput, PARAMS),
    (NotFound, -32004),
    (NotPermitted, -32003),
    (Refused, -32002),
    (Overloaded, -32011),
    (TimedOut, -32012),
    (Unreachable, -32013),
    (Failed, -32010),
    (Unavailable, -32014),
)
"""The first that fits; in the range that the standard leaves to servers, but for wrong parameters."""


class Data(msgspec.Struct, frozen=True):
    """Of an error: our reason code says more than the number."""

    reason: str = ""
    retry_after_ms: int = 0


class RpcError(msgspec.Struct, frozen=True, omit_defaults=True):
    """The standard's error object."""

    code: int
    message: str
    data: Data = Data()


class Call(msgspec.Struct, frozen=True):
    """One request; without `id` a notification."""

    method: str
    params: list[object] | dict[str, object] = []
    id: int | float | str | msgspec.UnsetType | None = msgspec.UNSET
    jsonrpc: str = ""


class Answered(msgspec.Struct, frozen=True):
    """One answer, with a result or an error."""

    id: int | float | str | None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: RpcError | msgspec.UnsetType = msgspec.UNSET
    jsonrpc: str = "2.0"


_encode = msgspec.json.Encoder().encode
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_call = msgspec.json.Decoder(Call)
_answer = msgspec.json.Decoder(Answered)
_any = msgspec.json.Decoder()


def encode_call(method: str, params: Params, call_id: int | None) -> bytes:
    """A request, or a notification (None). Raises BadInput for what is no JSON."""
    asked: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    return encoded(asked if call_id is None else asked | {"id": call_id})


def encoded(value: object) -> bytes:
    """As JSON. Raises BadInput."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"this cannot be said in JSON: {error}") from error


def split_batch(body: bytes) -> list[msgspec.Raw] | None:
    """The parts of a batch; None: it is none. Raises BadInput for what is no JSON."""
    try:
        _any.decode(body)
        return _raws.decode(body) if body.lstrip()[:1] == b"[" else None
    except MALFORMED as error:
        raise BadInput(f"this is no JSON: {error}") from error


def decode_call(raw: bytes | msgspec.Raw) -> Call:
    """Raises BadInput for what is JSON and no request."""
    try:
        call = _call.decode(raw)
    except MALFORMED as error:
        raise BadInput(f"this is no JSON-RPC request: {error}") from error
    if call.jsonrpc != "2.0":
        raise BadInput('a JSON-RPC request says "jsonrpc": "2.0"')
    return call


def encode_answer(answer: Answered) -> bytes:
    """As JSON."""
    return _encode(answer)


def result_of(body: bytes, call_id: int) -> object:
    """What a call gave. Raises the error that it says; Failed for what is no answer to it."""
    try:
        answer = _answer.decode(body)
        if answer.error is not msgspec.UNSET:
            raise error_from(answer.error)
        if answer.id != call_id or answer.result is msgspec.UNSET:
            raise Failed("what came back is no answer to the JSON-RPC request")
        return _any.decode(answer.result)
    except MALFORMED as error:
        raise Failed(f"what came back is no JSON-RPC: {error}") from error


def error_object(error: OverlayError, text: str, retry_after_ms: int) -> RpcError:
    """The standard's form of an error of ours; `text` is what may be told of it."""
    code = next((code for kind, code in _OURS if isinstance(error, kind)), INTERNAL)
    return RpcError(code, text, Data(error.reason, retry_after_ms))


def error_from(error: RpcError) -> OverlayError:
    """An error of ours: by its reason, or by its number, where the other side is another program."""
    text = error.message.encode()
    if error.data.reason:
        return error_of(error.data.reason, text, (), error.data.retry_after_ms)
    if error.code in (PARSE, INVALID, PARAMS):
        return error_of(BadInput.reason, text)
    return error_of(NotFound.reason if error.code == NO_METHOD else Failed.reason, text)
