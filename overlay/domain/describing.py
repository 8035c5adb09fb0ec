"""Descriptions of agents made from the registry, and checked against it (REG-13)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from overlay.agent.errand import errand
from overlay.credentials.did import party_of_did
from overlay.credentials.keys import VerificationKey
from overlay.description.a2a_signature import Signature, check_signatures
from overlay.description.description import Description
from overlay.description.forms import Form, Written
from overlay.description.proof import REGISTERING, Proof, verify_document
from overlay.description.writing import describe
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import NotFound, Replayed
from overlay.naming.ids import PartyId
from overlay.registry.client import RegistryClient
from overlay.registry.record import Record
from overlay.registry.registration.consent import visible_to_domain
from overlay.settings import Settings, load_settings
from overlay.trust.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Described:
    """An agent as its registry knows it."""

    description: Description
    signer: Credentials | None
    """The agent's own, where its keys are at hand."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a document's proof, or of a card's signatures."""

    proof: Proof | None = None
    signatures: tuple[Signature, ...] = ()


async def describe_agent(folder: DomainFolder, agent: str, *, everything: bool) -> Described:
    """`agent`, as name or name@domain; of a peer, too. `everything`: what its owner wants to be seen by some
    only, too, and by whom. Raises NotFound, Unavailable.
    """
    async with operator(folder) as hand:
        own = hand.endpoint.me.domain
        party = PartyId.parse(agent) if "@" in agent else PartyId.of(agent, own)
        record = await hand.registry.resolve(party)
    home = Home(folder.agent(party.name))
    here = party.domain == own and home.exists()
    signer = home.load(load_settings(folder.settings)).credentials if here else None
    return Described(describe(_shown(record, everything=everything)), signer)


async def describe_self(home: Home, settings: Settings, *, everything: bool) -> Described:
    """The agent of this folder, as it is registered now. Raises NotFound, Unavailable."""
    party = home.load(settings)
    async with errand(party, home) as endpoint:
        record = await RegistryClient(endpoint).resolve(party.id)
    return Described(describe(_shown(record, everything=everything)), party.credentials)


def _shown(record: Record, *, everything: bool) -> Record:
    """A document goes wherever it is copied: what is in it, everybody may see (REG-12)."""
    if everything:
        return record
    shown = visible_to_domain(record, "")
    if shown is None:
        raise NotFound(
            f"the owner of {record.party} shows it to some only: --all describes it for its own use"
        )
    return shown


async def check_written(written: Written, folder: DomainFolder, keys: dict[str, VerificationKey]) -> Checked:
    """Proved by the roots that this domain pinned, and by `keys`. A proof is for the registration that is
    there now.

    Raises BadCredential, Expired, Replayed, Unavailable.
    """
    async with operator(folder) as hand:
        party = party_of_did(written.description.did)
        await _learn(hand.endpoint, party)
        trust, now, settings = hand.endpoint.trust, hand.endpoint.party.clock(), hand.endpoint.settings
        if written.form is Form.A2A:
            return Checked(signatures=check_signatures(written.content, trust, now, settings, keys))
        if written.form is Form.TEXT or "proof" not in written.content:
            return Checked()
        proof = verify_document(written.content, trust, now, settings, of=party)
        if proof.purpose != REGISTERING:
            await _check_registration(hand.registry, proof)
        return Checked(proof)


def check_alone(written: Written, keys: dict[str, VerificationKey], settings: Settings) -> Checked:
    """By `keys` only: no domain is at hand. Raises BadCredential."""
    if written.form is not Form.A2A:
        return Checked()
    return Checked(signatures=check_signatures(written.content, None, 0.0, settings, keys))


async def _learn(endpoint: Endpoint, party: PartyId | None) -> None:
    """The roots of a peer, if it is one: without them its word proves nothing here, which is said then."""
    if party is None or party.domain == endpoint.me.domain:
        return
    try:
        await endpoint.learn_domain(party.domain)
    except NotFound:
        return


async def _check_registration(registry: RegistryClient, proof: Proof) -> None:
    try:
        found = (await registry.resolve(proof.party)).resource_id
    except NotFound:
        found = ""
    if found != proof.purpose:
        now = f"its registration now is {found!r}" if found else "it is registered no more"
        raise Replayed(f"this was signed for registration {proof.purpose!r} of {proof.party}, and {now}")


def domain_at(home: Path) -> DomainFolder | None:
    """The domain of this folder, if it is one."""
    folder = DomainFolder(home.expanduser().resolve())
    return folder if folder.config.is_file() else None
