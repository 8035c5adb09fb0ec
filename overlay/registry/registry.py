"""The registry: what it knows, put together, and who is found and resolved by it."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.naming.ids import PartyId, check_domain
from overlay.registry.acts import Acts
from overlay.registry.approval.approvals import Approvals
from overlay.registry.denials import SERIALS_AT_ONCE, Denials
from overlay.registry.far.far import Far
from overlay.registry.far.telling import Home
from overlay.registry.forgetting import Forgetting
from overlay.registry.peers.border import Borders
from overlay.registry.peers.caps import KeptCaps
from overlay.registry.peers.exports import PeerViews
from overlay.registry.peers.following import Following
from overlay.registry.peers.gateways import Gateways
from overlay.registry.peers.kept_routes import KeptRoutes
from overlay.registry.peers.learning import Learner
from overlay.registry.peers.neighbours import Neighbours
from overlay.registry.peers.protocol import AskBundle, Bundle
from overlay.registry.presence.pulses import Pulses
from overlay.registry.presence.sweep import Sweep
from overlay.registry.record import Presence, Record, without_access
from overlay.registry.registration.expulsion import Expulsions
from overlay.registry.registration.members import Members
from overlay.registry.registration.registrar import Registrar
from overlay.registry.registration.tidying import Tidying
from overlay.registry.search.library import Library
from overlay.registry.settled import settle
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Store
from overlay.registry.storage.keys import DENIED, PEER, PULSE, rest_of
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.serials import parse_serial


class Registry:
    """Our own agents (`members`) and those of peers (`neighbours`), asked together. `open` it first."""

    def __init__(self, store: Store, trust: TrustStore, settings: Settings, clock: Clock) -> None:
        self.domain = domain = trust.own
        self.store = store
        self.clock = clock
        self.settings = settings
        self.state = state = State()
        self.acts = acts = Acts(store, settings)
        self.denials = denials = Denials()
        self.views = PeerViews(domain, acts, state, settings)
        self.members = members = Members(acts, state, denials, trust, settings, clock)
        self.registrar = Registrar(members, acts, state, trust, settings, clock)
        self._tidying = Tidying(self.registrar, acts, state, settings, clock)
        self.approvals = Approvals(self.registrar.waiting, acts, state, settings, clock)
        self.pulses = Pulses(domain, members.heard, settings, clock)
        self.expulsions = Expulsions(acts, state, denials, members, trust, settings, clock)
        self.library = library = Library(acts, state, settings, clock, self._read, self._known_up_to)
        self.neighbours = Neighbours(domain, acts, state, denials, library, settings, clock)
        vetting = self.registrar.vetting
        self.learner = Learner(acts, state, self.neighbours, vetting, settings, clock, library.is_ours)
        self.following = Following(domain, acts, state, members.book, self.views, settings)
        home = Home(domain, trust, members.book.get, self.views.policy_of, lambda: self.following.roots)
        self.far = Far(home, acts, state, denials, self.neighbours, settings, clock)
        self.borders = Borders(acts, state, members)
        self.caps = KeptCaps(acts, state, settings, library.finder.cap)
        self.routes = KeptRoutes(domain, acts, state)
        self.gateways = Gateways(acts, state, settings, clock)
        self._forgetting = Forgetting(acts, state, store, settings, clock)
        self._sweep = Sweep(domain, acts, members, self.pulses)
        self.pulses.on_peer.append(self.neighbours.heard)
        state.on(DENIED, denials.take)
        state.on(PULSE, self.pulses.take)
        self._trust = trust
        members.book.on_change.append(library.told)
        state.on(PEER, self._peer_changed)

    async def open(self) -> None:
        """Returns when all that the store holds is known. Raises BadSettings, Unavailable."""
        await self.store.open(self.state.feed)
        settle()
        self.state.log = self.store.log
        self.neighbours.begin_again()

    async def sweep(self) -> int:
        """What is to be done from time to time; returns how many agents became offline. Raises Conflict,
        Unavailable.
        """
        count = await self._sweep()
        await self.expulsions.tidy()
        await self._tidying()
        await self.registrar.fitting.recheck()
        await self.neighbours.tidy()
        await self.far.believed.tidy()
        await self.library.experiences.tidy()
        await self._forgetting()
        return count

    def resolve(self, party: PartyId) -> Record:
        """The whole record of an agent, ours or a peer's: not for everybody's eyes. Raises NotFound."""
        if party.domain == self.domain:
            record = self.members.book.get(str(party))
            if record is None:
                raise NotFound(f"{party} is not registered here")
            return without_access(self.members.statuses.shown(record))
        record = self.neighbours.get(party)
        if record is None:
            raise NotFound(f"{party} is not known: {party.domain} has not told us of such an agent")
        return record

    def is_there(self, party: PartyId) -> bool:
        """Whether an agent is online, a peer's as far as we were told."""
        try:
            return self.resolve(party).presence is Presence.ONLINE
        except NotFound:
            return False

    async def find(self, party: PartyId) -> Record:
        """The same, of a far agent too: our gateway asks for it. Raises NotFound, Unavailable."""
        if party.domain == self.domain or self.far.believed.is_peer(party.domain):
            return self.resolve(party)
        return await self.far.lookup.record(party)

    async def find_bundle(self, ask: AskBundle) -> Bundle:
        """Whom we believe for any domain, far ones too. Raises NotFound, Unavailable."""
        if ask.domain == self.domain or self.far.believed.is_peer(ask.domain):
            return self.bundle(ask)
        return await self.far.lookup.bundle(check_domain(ask.domain))

    def bundle(self, ask: AskBundle) -> Bundle:
        """Whom we believe for a domain, ours or a peer. Raises NotFound."""
        if ask.domain != self.domain:
            return self.neighbours.bundle(ask.domain)
        denied = self.denials.latest_of(self.domain, SERIALS_AT_ONCE)
        return Bundle(self._trust.bundle(self.domain).to_bytes(), denied)

    async def trust_of(self, domain: str) -> TrustStore:
        """By which certificates of `domain` count. Raises NotFound, Unavailable."""
        if domain == self.domain:
            return self._trust
        found = await self.find_bundle(AskBundle(domain))
        trust = TrustStore(TrustBundle.from_bytes(found.bundle), self.settings.clock_skew_s)
        for serial in found.denied:
            trust.deny(domain, parse_serial(serial))
        return trust

    def _read(self, party: str) -> Record | None:
        """As it is now."""
        record = self.members.book.get(party)
        if record is not None:
            return record
        try:
            return self.neighbours.get(PartyId.parse(party))
        except NotFound:
            return None

    def _known_up_to(self, domain: str) -> int:
        try:
            return self.neighbours.neighbour(domain)[1].peer.version
        except NotFound:
            return 0

    def _peer_changed(self, entry: Entry) -> None:
        domain = rest_of(entry.key)
        try:
            online = self.neighbours.neighbour(domain)[1].peer.online
        except NotFound:
            online = False
        self.library.silence(domain, silent=not online)
