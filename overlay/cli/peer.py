"""`overlay peer`: who we federate with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from overlay.cli import peer_export, peer_far
from overlay.cli.files import write_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.peer_show import list_peers, show_peer
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.peer_by_dns import FoundPeer, find_peer
from overlay.domain.peering import add_peer, read_peering_file, remove_peer, set_peer
from overlay.errors import BadInput
from overlay.naming.ids import is_domain
from overlay.registry.peers.relation import Relation, explain_standing
from overlay.registry.peers.restanding import Restanding

app = typer.Typer(help="Federate with other domains.", rich_markup_mode=None)
app.add_typer(peer_export.app, name="export")
app.command("list")(list_peers)
app.command("show")(show_peer)
app.add_typer(peer_far.app, name="far")
app.command()(peer_far.introduces)
Answer = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Write the answer, if one is due, here.", show_default="answer-to-DOMAIN.peer"
    ),
]

As = Annotated[
    Relation | None,
    typer.Option("--as", help="What it is to us; as before, and a plain peer at first.", show_default=False),
]
Transit = Annotated[
    bool | None,
    typer.Option("--transit/--no-transit", help="Carry between it and other peers that have this."),
]
Rank = Annotated[
    int | None, typer.Option(help="Of ways as good as each other the one of the lowest rank is taken.")
]


@app.command()
def add(
    peer: Annotated[
        str, typer.Argument(help="The other domain's peering file, or its name, to find it by DNS.")
    ],
    home: Home = HERE,
    output: Answer = None,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option(help="By DNS: what its root must have, sha256:…, as its operator told you. Repeatable."),
    ] = None,
    trust_dns: Annotated[
        bool, typer.Option("--trust-dns", help="By DNS: believe it without DNSSEC and without a fingerprint.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="By DNS: pin what was found, and do not ask.")] = False,
    relation: As = None,
    transit: Transit = None,
    rank: Rank = None,
    json: Json = False,
) -> None:
    """Federate with the domain of a peering file. Whoever does so first answers with a file of its own."""
    folder, file = DomainFolder.open(home), Path(peer)
    standing = Restanding(relation, transit, rank)
    if peer == "-" or file.suffix == ".peer" or file.exists() or not is_domain(peer):
        added = run(add_peer(folder, read_peering_file(file), standing=standing))
    else:
        found = run(find_peer(folder, peer, fingerprint or (), trust_dns=trust_dns))
        _agree(found, yes=yes, quiet=json)
        added = run(add_peer(folder, found.text, found.brokers, standing))
    domain = added.opened.peering.domain
    answer = output or Path(f"answer-to-{domain}.peer")
    if added.answer:
        write_file(answer, added.answer.encode())
    if json:
        written = str(answer) if added.answer else ""
        told = {"domain": domain, "fingerprint": added.opened.fingerprint, "answer": written}
        show_json({**told, "was_peer": added.was_peer})
        return
    before = ", and was so before" if added.was_peer else ""
    dialled = "" if added.answer else "; our gateway dials it"
    say(f"{domain} is a peer{before}{dialled}. Fingerprint of its root: {added.opened.fingerprint}")
    if not added.answer:
        return
    say(
        f"{answer} is for its operator: `overlay peer add {answer.name}` there completes the federation. Or "
        "`overlay dns export --web FOLDER` publishes it, and `overlay peer add` with our name there finds it."
    )


def _agree(found: FoundPeer, *, yes: bool, quiet: bool) -> None:
    """What is about to be pinned, on whose word. Raises BadInput when nobody is there to be asked."""
    peering = found.opened.peering
    if not quiet:
        answer = ", which answers us" if peering.answers else ""
        say(f"The peering file of {peering.domain} is at {found.url}{answer}.")
        for root in found.roots:
            say(f"root  {root}")
        say(f"Pinned on the word of {found.word}{f' ({found.resolver})' if found.resolver else ''}.")
    if yes:
        return
    if quiet or not sys.stdin.isatty():
        raise BadInput("nobody is there to agree to these roots: look at them, and add --yes")
    typer.confirm(f"Shall they speak for {peering.domain} from now on?", abort=True)


@app.command("set")
def set_(
    domain: Annotated[str, typer.Argument(help="The peer's domain.")],
    home: Home = HERE,
    relation: As = None,
    transit: Transit = None,
    rank: Rank = None,
    json: Json = False,
) -> None:
    """Change what a peer is to us, and for whom we carry to it. Links stay."""
    peer = run(set_peer(DomainFolder.open(home), domain, Restanding(relation, transit, rank)))
    if json:
        show_json({"domain": domain, "as": peer.relation, "transit": peer.transit, "rank": peer.rank})
    else:
        say(f"{explain_standing(domain, peer.standing)}.")


@app.command()
def remove(
    domain: Annotated[str, typer.Argument(help="The peer's domain.")], home: Home = HERE, json: Json = False
) -> None:
    """End the federation with a domain: its agents are forgotten, its gateway is let in no more."""
    run(remove_peer(DomainFolder.open(home), domain))
    if json:
        show_json({"domain": domain, "removed": True})
    else:
        say(f"{domain} is no peer any more.")
