"""A registry with its store in memory, with agents and a clock that tests turn."""

from __future__ import annotations

from overlay.naming.ids import CA, GATEWAY, OPERATOR, PartyId
from overlay.policy.caller import Caller
from overlay.registry.peers.protocol import AskChanges, Changes, Learn, Learned, Peer, PeerState
from overlay.registry.protocol import Register
from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.registry import Registry
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Matches
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.attributes import Attributes
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import make_card
from overlay.trust.keys import SealingKey, SigningKey
from tests.ca.office import DAY, TurnedClock


class Town:
    """Everything that decisions of a registry need. `open` it first; `reopen` is a restart."""

    def __init__(
        self,
        domain: str = "a.example",
        settings: Settings | None = None,
        clock: TurnedClock | None = None,
    ) -> None:
        self.domain = domain
        self.clock = clock or TurnedClock()
        self.settings = settings or Settings()
        self.issuer = Issuer(*new_root(domain, 3650 * DAY, self.clock()))
        self.bundle = TrustBundle(domain, (self.issuer.root,))
        self.history = History(f"log of {domain}")
        self.boss = PartyId(OPERATOR, domain)
        self.gateway = PartyId(GATEWAY, domain)

    @classmethod
    async def opened(cls, domain: str, clock: TurnedClock, settings: Settings | None = None) -> Town:
        """Another domain."""
        made = cls(domain, settings, clock)
        await made.open()
        return made

    async def open(self) -> None:
        self.store = self.history.store(self.settings.audit_buffer)
        self.trust = TrustStore(self.bundle)
        self.registry = Registry(self.store, self.trust, self.settings, self.clock)
        self.members = self.registry.members
        self.neighbours = self.registry.neighbours
        await self.registry.open()

    async def replica(self) -> Registry:
        """Another process of this registry, with a store of its own on the same history."""
        store = self.history.store(self.settings.audit_buffer)
        made = Registry(store, TrustStore(self.bundle), self.settings, self.clock)
        await made.open()
        return made

    async def reopen(self) -> None:
        await self.store.close()
        await self.open()

    def credentials(
        self, name: str, *skills: str, role: Role = Role.AGENT, attributes: Attributes | None = None
    ) -> Credentials:
        key, party = SigningKey.generate(), PartyId(name, self.domain)
        attributes = attributes or Attributes(skills)
        made = self.issuer.issue(key.public, party, role, 90 * DAY, self.clock(), attributes=attributes)
        return Credentials(made, key, (SealingKey.generate(),), (self.issuer.root,))

    def card(self, owner: Credentials) -> bytes:
        return make_card(owner, self.clock())

    async def register(self, owner: Credentials, profile: Profile | None = None) -> Record:
        """As `owner`, with the skills of its certificate unless `profile` says otherwise."""
        usual = Profile(skills=tuple(Skill(skill) for skill in owner.identity.skills))
        ask = Register(profile or usual, self.card(owner))
        entered = await self.registry.registrar.register(owner.identity, ask)
        assert entered.record is not None, entered.held
        return entered.record

    async def settle(self, name: str, *skills: str) -> Credentials:
        """A new agent, registered."""
        owner = self.credentials(name, *skills)
        await self.register(owner)
        return owner

    def ca(self) -> Identity:
        return self.credentials(CA, role=Role.SERVICE).identity

    def found(self, skill: str, limit: int = 10, *, online: bool = True, domain: str = "") -> list[str]:
        """Whom the operator finds, in order of their names."""
        presence = Presence.ONLINE.value if online else ANY_PRESENCE
        matches = self.look(Find((skill,), limit=limit, presence=presence, domain=domain)).matches
        return sorted(match.party for match in matches)

    def look(self, ask: Find, who: PartyId | None = None) -> Matches:
        """What an operator, or an agent, is answered."""
        role = Role.AGENT if who else Role.OPERATOR
        return self.registry.library.finder.find(Caller(who or self.boss, self.domain, role), ask)

    def changes(self, log: str = "", since: int = 0) -> Changes:
        return self.registry.following.changes(AskChanges(log, since))

    async def peer_with(self, other: Town) -> None:
        await self.neighbours.add(self.boss, Peer(other.domain, other.bundle.to_bytes()))
        await self.neighbours.set_state(self.gateway, PeerState(other.domain, online=True))

    async def learn(self, changes: Changes, domain: str = "b.example") -> Learned:
        return await self.registry.learner.learn(self.gateway, Learn(domain, changes))

    async def sync(self, other: Town) -> Learned:
        """What a gateway does: ask on from where we know the peer, page by page."""
        more = True
        while more:
            peer = next(peer for peer in self.neighbours.peers() if peer.domain == other.domain)
            changes = other.changes(peer.log, peer.version)
            learned = await self.learn(changes, other.domain)
            more = changes.more
        return learned
