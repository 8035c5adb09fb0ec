"""Admission on NATS: answers the server's question about every new connection (auth callout)."""

from __future__ import annotations

import asyncio
from collections import Counter

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import SlowConsumerError

from overlay.admission.doorkeeper import Doorkeeper, Refusal
from overlay.admission.nats_answers import Question, admission, read_question, refusal, user_name
from overlay.admission.nats_connections import NatsConnections
from overlay.admission.nats_hand import NatsHand
from overlay.admission.nats_jwt import NatsSigner
from overlay.admission.permissions import grant_for
from overlay.brokers.nats_config import AUTH_USER, SYS_USER
from overlay.brokers.nats_secrets import NatsSecrets
from overlay.clock import Clock, system_clock
from overlay.errors import OverlayError, Overloaded, Refused, TimedOut
from overlay.naming.ids import link_name
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import OnError
from overlay.trust.identity import Role

_QUESTIONS = "$SYS.REQ.USER.AUTH"
_QUEUE = "admission"


class NatsCallout:
    """An `Admission`. Several of them, in several processes, share the questions. While there is none, new
    connections fail and those that are open stay.
    """

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsFiles,
        secrets: NatsSecrets,
        doorkeeper: Doorkeeper,
        settings: Settings,
        *,
        on_error: OnError,
        clock: Clock = system_clock,
    ) -> None:
        """`tls` holds any certificate of the domain: the server asks for one before it asks for passwords."""
        self.admitted = 0
        self._refusals: Counter[str] = Counter()
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._on_error = on_error
        self._clock = clock
        self._signer = NatsSigner(secrets.issuer_seed)
        trust = doorkeeper.trust
        self._connections = NatsConnections(settings, lambda serial: trust.denies(trust.own, serial))
        self._sys = NatsHand(
            address,
            tls,
            settings,
            user=SYS_USER,
            password=secrets.sys_password,
            prepare=self._connections.watch,
            on_error=on_error,
        )
        self._auth = NatsHand(
            address,
            tls,
            settings,
            user=AUTH_USER,
            password=secrets.auth_password,
            prepare=self._listen,
            on_error=self._failed,
        )

    @property
    def refusals(self) -> Counter[str]:
        """How many were refused, by reason."""
        return self._refusals

    async def start(self) -> None:
        """See `Admission.start`."""
        try:
            await self._sys.open()  # first: whoever is let in must be within reach of an expulsion
            await self._auth.open()
        except BaseException:
            await self.stop()
            raise

    async def admit(self, name: str, role: Role, peer: str = "") -> None:
        """Nothing to prepare: the certificate says it all. Raises BadName, Refused for what cannot log in."""
        if peer and name != link_name(peer):
            raise Refused(f"the gateway of {peer} is called {link_name(peer)} here, not {name}")
        grant_for(role, name)

    async def expel(self, name: str, serial: int) -> None:
        """See `Admission.expel`."""
        trust = self._doorkeeper.trust
        trust.deny(trust.own, serial)
        await self._connections.close_all(user_name(name, serial))

    async def closed(self) -> None:
        """See `Admission.closed`."""
        ends = [asyncio.create_task(hand.ended()) for hand in (self._auth, self._sys)]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in done:
                end.result()
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def stop(self) -> None:
        """See `Admission.stop`."""
        await self._auth.close()
        await self._sys.close()

    async def _listen(self, client: Client) -> None:
        limit = self._settings.admission_queue
        await client.subscribe(_QUESTIONS, _QUEUE, cb=self._asked, pending_msgs_limit=limit)

    async def _asked(self, message: Msg) -> None:
        try:
            question = read_question(message.data)
        except OverlayError as error:
            self._refusals[error.reason] += 1
            self._on_error("a question about admission", error)
            return
        now = self._clock()
        if question.expires and now > question.expires:
            self._refusals[TimedOut.reason] += 1  # the server refused it meanwhile
            return
        await message.respond(self._answer(question, now))
        await asyncio.sleep(0)  # a storm of logins leaves room for everything else in this process

    def _answer(self, question: Question, now: float) -> bytes:
        verdict = self._doorkeeper.decide(question.certificate_pem, now)
        if isinstance(verdict, Refusal):
            self._refusals[verdict.reason] += 1
            return refusal(question, verdict.text, self._signer, now)
        self.admitted += 1
        return admission(question, verdict, self._signer, now)

    def _failed(self, where: str, error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            self._refusals[Overloaded.reason] += 1
        self._on_error(where, error)
