"""JSON-RPC 2.0 as the payload of a skill, on whichever carrier: methods of the application are called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from overlay.carriers import rpc
from overlay.carriers.rpc import Answered, RpcError
from overlay.endpoint.caught import Caught
from overlay.endpoint.failures import MAX_TEXT, retry_ms
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Failed, Refused, Unavailable

MAX_BATCH = 100
Method = Callable[..., Awaitable[object]]
M = TypeVar("M", bound=Method)


class Methods:
    """The handler of a skill: `methods = agent.jsonrpc("network.repair")`, then decorate with
    `@methods.method("restart")`. A method is given the message (who asks is in `message.sender`) and its
    parameters, by place or by name; what it returns is the result.
    """

    def __init__(self) -> None:
        self._methods: dict[str, tuple[Method, inspect.Signature]] = {}

    def method(self, name: str) -> Callable[[M], M]:
        """Decorate the function of a method. Raises BadInput when it is there.

        @repair.method("restart")
        async def restart(message, line): ...
        """
        if not name or name.startswith("rpc."):
            raise BadInput(f"{name!r} is no name of a method: the standard keeps rpc.… for itself")
        if name in self._methods:
            raise BadInput(f"the method {name!r} is there already")

        def add(method: M) -> M:
            self._methods[name] = method, inspect.signature(method)
            return method

        return add

    async def __call__(self, message: Message) -> bytes | None:
        """Answer one body: a request, a notification (no answer), or a batch of them, in their order."""
        try:
            batch = rpc.split_batch(message.body)
        except BadInput as error:
            return _failed(None, rpc.PARSE, str(error))
        if batch is None:
            return await self._one(message, message.body)
        if not 0 < len(batch) <= MAX_BATCH:
            return _failed(None, rpc.INVALID, f"a batch has 1 to {MAX_BATCH} requests")
        answers = [answer for raw in batch if (answer := await self._one(message, raw))]
        return b"[" + b",".join(answers) + b"]" if answers else None

    async def _one(self, message: Message, raw: bytes | msgspec.Raw) -> bytes | None:
        try:
            call = rpc.decode_call(raw)
        except BadInput as error:
            return _failed(None, rpc.INVALID, str(error))
        found = self._methods.get(call.method)
        if found is None:
            known = ", ".join(sorted(self._methods)) or "none"
            wrong = RpcError(rpc.NO_METHOD, f"there is no method {call.method[:60]!r}; methods: {known}")
            return _answer(call, Answered(_id(call), error=wrong))
        result = await self._call(*found, message, call)
        if isinstance(result, bytes):
            return _answer(call, Answered(_id(call), result=msgspec.Raw(result)))
        return _answer(call, Answered(_id(call), error=result))

    async def _call(
        self, method: Method, signature: inspect.Signature, message: Message, call: rpc.Call
    ) -> bytes | RpcError:
        by_place = call.params if isinstance(call.params, list) else ()
        by_name = call.params if isinstance(call.params, dict) else {}
        try:
            bound = signature.bind(message, *by_place, **by_name)
        except TypeError as error:
            return RpcError(rpc.PARAMS, f"{call.method}: {error}", rpc.Data(BadInput.reason))
        with Caught() as caught:
            result = await method(*bound.args, **bound.kwargs)
            try:
                return rpc.encoded(result)
            except BadInput as error:
                raise TypeError(f"the result of {call.method!r} is no JSON: {error}") from error
        return _said(caught.error, call.method)


def _said(error: Exception | None, method: str) -> RpcError:
    if isinstance(error, BadInput | Refused | Unavailable):  # said on purpose
        return rpc.error_object(error, str(error)[:MAX_TEXT], retry_ms(error))
    if error is not None:
        log_error(f"JSON-RPC method {method!r}", error)
    failed = f"the method {method!r} failed; the log of its agent says why"
    return RpcError(rpc.INTERNAL, failed, rpc.Data(Failed.reason))


def _id(call: rpc.Call) -> int | float | str | None:
    return None if call.id is msgspec.UNSET else call.id


def _answer(call: rpc.Call, answer: Answered) -> bytes | None:
    """Nobody waits for that of a notification."""
    return None if call.id is msgspec.UNSET else rpc.encode_answer(answer)


def _failed(call_id: None, code: int, text: str) -> bytes:
    return rpc.encode_answer(Answered(call_id, error=RpcError(code, text, rpc.Data(BadInput.reason))))
