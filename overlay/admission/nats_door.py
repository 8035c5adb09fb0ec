"""Answers the question of a nats-server about every new connection (auth callout)."""

from __future__ import annotations

import asyncio
from collections import Counter

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import SlowConsumerError

from overlay.admission.doorkeeper import Doorkeeper, Refusal
from overlay.admission.nats_answers import Question, admission, read_question, refusal
from overlay.admission.nats_jwt import NatsSigner
from overlay.brokers.nats_config import AUTH_USER
from overlay.brokers.nats_secrets import CalloutSecrets
from overlay.clock import Clock, system_clock
from overlay.errors import OverlayError, Overloaded, TimedOut
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.contract import OnError
from overlay.transport.nats_hand import NatsHand, NatsLogin

_QUESTIONS = "$SYS.REQ.USER.AUTH"
_QUEUE = "admission"


class NatsDoor:
    """A `Door`. Several of them, in several processes, share the questions. While there is none, new
    connections fail and those that are open stay.
    """

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsFiles,
        secrets: CalloutSecrets,
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
        self._hand = NatsHand(
            address,
            lambda: client_tls(tls),
            settings,
            login=NatsLogin(AUTH_USER, secrets.auth_password),
            prepare=self._listen,
            on_error=self._failed,
        )

    @property
    def refusals(self) -> Counter[str]:
        """How many were refused, by reason."""
        return self._refusals

    async def start(self) -> None:
        """See `Door.start`."""
        await self._hand.open()

    async def closed(self) -> None:
        """See `Door.closed`."""
        await self._hand.ended()

    async def stop(self) -> None:
        """See `Door.stop`."""
        await self._hand.close()

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
