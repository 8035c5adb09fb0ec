"""An agent's carriers beside the broker, and JSON-RPC as a payload (AG-9)."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.agent.talking import Talking
from overlay.carriers import rpc
from overlay.carriers.carriers import address_in
from overlay.carriers.rpc import Params
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority

_CALL = 1


class Carrying(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def serve_http(
        self, where: str = "127.0.0.1:0", *, domains: Sequence[str] = (), public: str = ""
    ) -> str:
        """Take messages over HTTPS, too, at `host:port` (0: a free one): from agents of our domain and of
        `domains`, past the gateways; handlers, access policy and IDs are the same. Returns the address, which
        the registry tells (`public`, where others reach it by another one).

            address = await agent.serve_http("0.0.0.0:8443", domains=["b.example"])

        Raises BadInput, BadSettings, NotPermitted (the domain wants to see all), Unreachable (the port).
        """
        here = self._here
        return await here.works.carriers.serve(where, domains, public, here.presence.offer)

    async def use_http(self, to: PartyId | str, address: str = "") -> str:
        """From now on reach an agent over HTTP with all that we send, ask and begin there; at `address`, or
        where the registry says that it serves. A reliable message is sent when it was handled.

            await agent.use_http("fault-handler@b.example")

        Raises NotFound (it serves no HTTP), BadSettings, NotPermitted, Unavailable.
        """
        here = self._here
        party = await here.addressing.party(to)
        found = address or address_in(await here.registry.resolve(party))
        return await here.works.carriers.use(party, found)

    async def use_broker(self, to: PartyId | str) -> None:
        """Reach an agent over the broker again.

        await agent.use_broker("fault-handler@b.example")
        """
        here = self._here
        await here.works.carriers.use_broker(await here.addressing.party(to))

    async def call(
        self,
        to: PartyId | str,
        method: str,
        params: Params = (),
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
        task: str = "",
    ) -> object:
        """Call a method by JSON-RPC 2.0, of whoever has a skill, or of an agent with its `skill`; parameters
        by place or by name.

            state = await agent.call("network.repair", "restart", {"line": "17"})

        Raises as `ask`; what the method answered, by its reason; Failed for codes that are not ours.
        """
        body = rpc.encode_call(method, params, _CALL)
        answer = await self.ask(
            to, body, skill=skill, priority=priority, timeout_s=timeout_s, reliable=reliable, task=task
        )
        return rpc.result_of(answer.body, _CALL)

    async def notify(
        self, to: PartyId | str, method: str, params: Params = (), *, skill: str = "", reliable: bool = False
    ) -> None:
        """The same without an answer: a notification.

            await agent.notify("network.repair", "noted", ["line 17"])

        Raises as `send`.
        """
        await self.send(to, rpc.encode_call(method, params, None), skill=skill, reliable=reliable)
