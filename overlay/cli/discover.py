"""`overlay discover`: who can do something, by need, by name or by a sentence."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, show_table
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import BadInput
from overlay.naming.ids import is_skill
from overlay.registry.peers.relation import Relation
from overlay.registry.search.client import SearchClient, age_s
from overlay.registry.search.protocol import Find, Match, Matches, Near

_WITHIN_KM = 50.0
_FAR = "\nOnly our own domain and peers are searched: ask an agent of a domain farther away by its ID."
_SAME = (
    *("language", "credential", "version", "near", "presence", "status", "intent", "agent"),
    *("interaction", "organisation", "place", "domain", "limit"),
)
_OPTIONS = {
    "protocols": "--protocol",
    "modalities": "--modality",
    "languages": "--language",
    "services": "--service",
    "topics": "--topic",
    "credentials": "--credential",
    "skills": "--skill",
    "latency_ms": "--latency-ms",
    "within_km": "--within",
    "max_age_s": "--max-age",
    "after:": "--after:",
    **{name: f"--{name}" for name in _SAME},
}
"""How the registry's fields, and items of them, are said here."""


def discover(
    what: Annotated[
        str | None,
        typer.Argument(help="A skill, or the beginning of one (network finds network.x too); or a sentence."),
    ] = None,
    skill: Annotated[list[str] | None, typer.Option(help="Has this skill; may be repeated.")] = None,
    intent: Annotated[
        str | None, typer.Option(help="A need in plain language, even if it is one word.")
    ] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="Speaks this protocol.")] = None,
    interaction: Annotated[
        list[str] | None, typer.Option(help="Interaction mode: request, stream, …")
    ] = None,
    modality: Annotated[list[str] | None, typer.Option(help="text, audio, …")] = None,
    language: Annotated[list[str] | None, typer.Option(help="BCP 47; en finds en-GB too.")] = None,
    service: Annotated[list[str] | None, typer.Option(help="Offers this service.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Subscribes to this topic.")] = None,
    credential: Annotated[
        list[str] | None, typer.Option(help="Has a verified credential: TYPE, or 'TYPE by ISSUER'.")
    ] = None,
    organisation: Annotated[str, typer.Option(help="Is of this organisation.")] = "",
    version: Annotated[str, typer.Option(help="1.2, or '>=1.2,<2'.")] = "",
    place: Annotated[str, typer.Option(help="Words of its location.")] = "",
    near: Annotated[str, typer.Option(help="LATITUDE,LONGITUDE, such as 48.1,11.6.")] = "",
    within: Annotated[
        float | None, typer.Option(help="Kilometres around --near.", show_default=f"{_WITHIN_KM:g}")
    ] = None,
    latency_ms: Annotated[int | None, typer.Option(help="Says that it answers within so many ms.")] = None,
    domain: Annotated[str, typer.Option(help="Of this domain.")] = "",
    agent: Annotated[str, typer.Option(help="An agent ID, DID, resource ID or display name.")] = "",
    presence: Annotated[str, typer.Option(help="online, offline, inapplicable or any.")] = "online",
    status: Annotated[str, typer.Option(help="ready, busy or draining.")] = "",
    max_age: Annotated[float | None, typer.Option(help="Leave out what is older, in seconds.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 20,
    after: Annotated[str, typer.Option(help="The next page: what the last one ended with.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Say why each was found.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Who fits all that is said, here and in peered domains; the best first. Exit code 1 when nobody does."""
    word, sentence = _meant(what, intent)
    ask = Find(
        skills=tuple(([word] if word else []) + (skill or [])),
        intent=sentence,
        protocols=tuple(protocol or ()),
        interaction=tuple(interaction or ()),
        modalities=tuple(modality or ()),
        languages=tuple(language or ()),
        services=tuple(service or ()),
        topics=tuple(topic or ()),
        credentials=tuple(credential or ()),
        organisation=organisation,
        version=version,
        place=place,
        near=_near(near, within),
        latency_ms=latency_ms,
        domain=domain,
        agent=agent,
        presence=presence,
        status=status,
        limit=limit,
        after=after,
    )
    try:
        found, now, beyond = run(_find(DomainFolder.open(home), ask, max_age))
    except BadInput as error:
        raise type(error)(_as_options(str(error))) from error
    if json:
        show_json(_as_dict(found, now))
    else:
        _show(found, now, ask, _advice(found, word, agent) + beyond, explain=explain)
    if not found.matches:
        raise SystemExit(1)


async def _find(folder: DomainFolder, ask: Find, max_age_s: float | None) -> tuple[Matches, float, str]:
    """Who is found, when that was, and, if it is nobody, what was not searched."""
    async with operator(folder) as hand:
        clock = hand.endpoint.party.clock
        found = await SearchClient(hand.registry, clock).find(ask, max_age_s)
        peers = [] if found.matches else await hand.peers.all()
        far = any(peer.introduces or peer.relation is Relation.PARENT for peer in peers)
        return found, clock(), _FAR if far else ""


def _meant(what: str | None, intent: str | None) -> tuple[str, str]:
    """The skill, and the sentence. Raises BadInput."""
    for said, where in ((what, "what is looked for"), (intent, "--intent")):
        if said is not None and not said.strip():
            raise BadInput(
                f"{where} is empty: write a skill, or a sentence; without any, everybody is listed"
            )
    if what is None or is_skill(what):
        return what or "", intent or ""
    if intent is not None:
        raise BadInput("a sentence and --intent are both a need in plain language: write one of them")
    return "", what


def _near(text: str, within_km: float | None) -> Near | None:
    if not text:
        if within_km is not None:
            raise BadInput("--within says how far from --near: write that, too, such as --near 48.1,11.6")
        return None
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput(f"--near {text!r}: write LATITUDE,LONGITUDE, such as 48.1,11.6") from error
    return Near(latitude, longitude, _WITHIN_KM if within_km is None else within_km)


def _as_options(text: str) -> str:
    """What the registry says of a field, said of the option."""
    name, space, rest = text.partition(" ")
    return f"{_OPTIONS.get(name, name)}{space}{rest}"


def _advice(found: Matches, word: str, agent: str) -> str:
    said = printable(found.advice) or "nobody fits"
    said = said.replace("presence 'any' shows", "--presence any shows")
    said = said if said.endswith("?") else f"{said}."
    if found.advice and word:
        said += f" A single word is a skill; by its meaning: --intent {word}"
    elif agent and "@" not in agent and ":" not in agent:
        said += f" An agent ID has its domain, such as {agent}@b.example"
    return said


def _show(found: Matches, now: float, ask: Find, nobody: str, *, explain: bool) -> None:
    several = len(found.needs) > 1
    columns = ["agent", "state", *(["fit"] if ask.intent else []), "skills", "description"]
    columns += ["age", "why"] if explain else []
    rows = [
        [
            match.party,
            match.presence,
            *([f"{match.score:.0%}"] if ask.intent else []),
            ", ".join(skill.id for skill in match.record.profile.skills),
            match.record.profile.description,
            *([f"{age_s(match, found, now):.0f} s", match.why] if explain else []),
            *([found.needs[match.need]] if several else []),
        ]
        for match in found.matches
    ]
    show_table([*columns, *(["for"] if several else [])], rows, f"Nobody is found now: {nobody}")
    if found.more:
        say(f"{found.total} in all; the next page: --after {found.after}")


def _as_dict(found: Matches, now: float) -> dict[str, object]:
    return {
        "agents": [_agent(match, age_s(match, found, now)) for match in found.matches],
        "needs": list(found.needs),
        "total": found.total,
        "after": found.after,
        "advice": found.advice,
    }


def _agent(match: Match, age: float) -> dict[str, object]:
    profile = match.record.profile
    return {
        "agent": match.party,
        "name": profile.display_name,
        "state": match.presence,
        "status": match.record.status.state,
        "skills": [skill.id for skill in profile.skills],
        "description": profile.description,
        "version": profile.version,
        "organisation": match.record.organisation or profile.organisation,
        "languages": list(profile.languages),
        "latency_ms": profile.latency_ms,
        "credentials": [proof.type for proof in match.record.verified],
        "gateway": match.gateway,
        "resource_id": match.record.resource_id,
        "need": match.need,
        "score": round(match.score, 4),
        "why": match.why,
        "age_s": round(age, 3),
        "as_of": match.as_of,
    }
