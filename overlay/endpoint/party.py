"""A party: everything that an endpoint must have to speak for somebody. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from overlay.clock import Clock, system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are, whom we trust, where the brokers are and where state is kept."""

    credentials: Credentials
    domain_card: DomainCard
    settings: Settings
    tls: TlsFiles | None = None
    """The files with which we go to the broker; None where a transport needs none (memory)."""
    state_path: Path | None = None
    """The file of outbox and ledger, shared by our processes; None: nothing outlives this process."""
    clock: Clock = field(default=system_clock)

    @property
    def id(self) -> PartyId:
        """`name@domain`."""
        return self.credentials.party

    @property
    def addresses(self) -> tuple[BrokerAddress, ...]:
        """The brokers of our domain. Raises BadSettings."""
        return tuple(BrokerAddress.parse(url) for url in self.domain_card.brokers)

    def trust_store(self) -> TrustStore:
        """A fresh store that trusts our own domain only. Raises BadInput, BadCertificate."""
        return TrustStore(self.domain_card.bundle, skew_s=self.settings.clock_skew_s)
