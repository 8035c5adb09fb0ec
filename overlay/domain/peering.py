"""Federating with another domain: three steps, each one file handed over, no secret in any (GW-3).

here     overlay peer export           > ours.peer     our root, our gateway, where our broker is
there    overlay peer add ours.peer    > theirs.peer   the same of theirs, and our link certificate
here     overlay peer add theirs.peer                  our gateway dials theirs
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from overlay.ca.protocol import Reason
from overlay.clock import system_clock
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering_file import (
    MAX_BYTES,
    OpenedPeering,
    Peering,
    in_turn,
    read_peering,
    write_peering,
)
from overlay.endpoint.home import Home
from overlay.errors import BadInput, NotFound, Refused
from overlay.naming.ids import GATEWAY, PartyId, check_domain, link_name
from overlay.private_files import private_folder, read_private, write_private
from overlay.registry.peers.protocol import Peer
from overlay.registry.peers.restanding import UNCHANGED, Restanding
from overlay.settings import load_settings
from overlay.text_file import why_unreadable
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.trust.bundle import TrustBundle
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey

_PEM = serialization.Encoding.PEM
_ANSWER = "answer.peer"


@dataclass(frozen=True, slots=True)
class Added:
    """A peer that was added; `answer` is the file for it, unless it answered ours."""

    opened: OpenedPeering
    answer: str
    was_peer: bool


def export_peering(folder: DomainFolder) -> tuple[str, str]:
    """The file for another domain, and the fingerprint of our root. Raises BadSettings."""
    text = _write(folder)
    return text, read_peering(text, system_clock()).fingerprint


async def add_peer(
    folder: DomainFolder, text: str, brokers: Sequence[BrokerAddress] = (), standing: Restanding = UNCHANGED
) -> Added:
    """Pin the domain of a peering file, and let its gateway in or dial it, at `brokers` before those of the
    file. `standing`: what it is to us. The domain must be up.

    Raises BadInput, Untrusted, Refused, Unreachable.
    """
    opened = read_peering(text, system_clock())
    theirs = opened.peering
    ours = load_config(folder.config).domain
    if theirs.domain == ours:
        raise BadInput(f"this is the peering file of {ours} itself: add it in the other domain")
    if theirs.answers and theirs.answers != ours:
        raise BadInput(f"this file answers {theirs.answers}, not {ours}: have one made for {ours}")
    async with operator(folder) as hand:
        before = {peer.domain: peer for peer in await hand.peers.all()}.get(theirs.domain)
        was_peer = before is not None
        dialled = bool(theirs.link)
        if dialled:
            _keep_link(folder, opened)
        addresses = in_turn(brokers, theirs.addresses) if dialled else ()
        peer = standing.applied(Peer(theirs.domain, theirs.bundle, theirs.gateway, addresses), before)
        if dialled:
            await hand.peers.add(peer)
            return Added(opened, "", was_peer)
        certificate = await hand.ca.link(theirs.domain, theirs.csr)
        await hand.peers.add(peer)
    answer = _write(folder, answers=theirs.domain, link=certificate.public_bytes(_PEM))
    write_private(private_folder(folder.link(theirs.domain)) / _ANSWER, answer.encode())
    return Added(opened, answer, was_peer)


async def pin_far(folder: DomainFolder, text: str) -> OpenedPeering:
    """Believe the roots in the peering file of a domain that is no peer, and stays none. The domain must be
    up. Raises BadInput, Untrusted, Refused, Unreachable.
    """
    opened = read_peering(text, system_clock())
    async with operator(folder) as hand:
        await hand.peers.far_pin(opened.peering.domain, opened.peering.bundle)
    return opened


async def remove_peer(folder: DomainFolder, domain: str) -> None:
    """Let the gateway of `domain` in no more, and forget it, its agents and its roots (GW-6). The registry
    forgets last, so that what failed halfway can be done again. Raises NotFound.
    """
    check_domain(domain)
    async with operator(folder) as hand:
        with suppress(NotFound):  # a peer that we dial has no certificate of ours
            await hand.ca.revoke(Reason.WITHDRAWN, name=link_name(domain))
        if folder.link(domain).is_dir():
            shutil.rmtree(folder.link(domain))
        try:
            await hand.peers.remove(domain)
        except NotFound as error:
            raise NotFound(f"{domain} is no peer: `overlay peer list` names them") from error


async def set_peer(folder: DomainFolder, domain: str, standing: Restanding) -> Peer:
    """Change what a peer is to us; links stay. Raises NotFound."""
    async with operator(folder) as hand:
        for peer in await hand.peers.all():
            if peer.domain == domain:
                return await hand.peers.add(standing.applied(peer, peer))
    raise NotFound(f"{domain} is no peer: `overlay peer list` names them")


def answers_of(folder: DomainFolder) -> dict[str, str]:
    """Our answers to peers that shall dial us, by domain; for them to fetch."""
    files = folder.path.glob(f"links/*/{_ANSWER}")
    return {file.parent.name: read_private(file).decode() for file in files}


def link_files(folder: DomainFolder, bundle: TrustBundle) -> TlsFiles | None:
    """With what our gateway goes to the broker of a domain that has these roots now; None when that domain's
    dials us.
    """
    inside = folder.link(bundle.domain)
    files = TlsFiles(inside / "root.pem", inside / "link.pem", folder.link_key)
    if not files.certificate.is_file():
        return None
    roots = b"".join(root.public_bytes(_PEM) for root in bundle.roots)
    if read_private(files.ca) != roots:
        write_private(files.ca, roots)
    return files


def _write(folder: DomainFolder, answers: str = "", link: bytes = b"") -> str:
    config = load_config(folder.config)
    gateway = Home(folder.service(GATEWAY)).load(load_settings(folder.settings)).credentials
    peering = Peering(
        domain=config.domain,
        bundle=TrustBundle(config.domain, gateway.roots).to_bytes(),
        gateway=GATEWAY,
        addresses=tuple(config.addresses_for_peers),
        csr=make_csr(_link_key(folder), PartyId(GATEWAY, config.domain)),
        answers=answers,
        link=link,
    )
    return write_peering(peering, gateway)


def _link_key(folder: DomainFolder) -> SigningKey:
    """Our gateway's key at the brokers of all peers; another than at home, where it means more."""
    private_folder(folder.link_key.parent)
    if not folder.link_key.exists():
        write_private(folder.link_key, SigningKey.generate().to_pem())
    return SigningKey.from_pem(read_private(folder.link_key))


def _keep_link(folder: DomainFolder, opened: OpenedPeering) -> None:
    domain, link = opened.peering.domain, opened.peering.link
    try:
        certificate = x509.load_pem_x509_certificate(link)
    except ValueError as error:
        raise BadInput(f"the link certificate in the peering file is damaged: {error}") from error
    if certificate.public_key() != _link_key(folder).public:
        raise Refused(
            f"{domain} issued its link certificate for another key than ours: export a new peering file "
            "here, add it there, and add the answer here"
        )
    inside = private_folder(folder.link(domain))
    write_private(inside / "root.pem", b"".join(root.public_bytes(_PEM) for root in opened.bundle.roots))
    write_private(inside / "link.pem", link)


def read_peering_file(path: Path) -> str:
    """The text of a peering file; `-` is standard input. Raises BadInput."""
    try:
        with sys.stdin if str(path) == "-" else path.open() as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {why_unreadable(error)}") from error
