"""A description as a JSON-LD document. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from overlay.credentials.did import party_of_did
from overlay.credentials.fields import to_time
from overlay.description.context import CONTEXT
from overlay.description.definitions import RECEIVER_DECIDES, define
from overlay.description.description import Description
from overlay.naming.ids import PartyId
from overlay.registry.record import Interface, Profile, Record, Skill

TYPE = "AgentDescription"
KINDS = {"natural-language": "NaturalLanguageInterface", "structured": "StructuredInterface"}
LISTS = {
    "languages": "languages",
    "modalities": "modalities",
    "interactionModes": "interaction",
    "protocols": "protocols",
    "services": "services",
    "topics": "topics",
    "credentials": "credentials",
}
"""Terms of the document, and the lists of a profile that they hold."""


def describe(record: Record) -> Description:
    """An agent as its registry knows it."""
    did = PartyId.parse(record.party).did
    return Description(record.profile, did, record.resource_id, record.registered_at)


def write_document(description: Description) -> dict[str, object]:
    """The document: what is empty is left out, but for name and security. Raises BadInput when the profile
    names security schemes that are none.
    """
    profile = description.profile
    found: dict[str, object] = {
        "@context": CONTEXT,
        "protocolType": "ANP",
        "protocolVersion": "1.0.0",
        "type": TYPE,
        **_whose(description),
        "name": profile.display_name or _party(description),
        "description": profile.description,
        "version": profile.version,
        "owner": {"type": "Organization", "name": profile.organisation} if profile.organisation else {},
        **{term: list(getattr(profile, field)) for term, field in LISTS.items()},
        "skills": [_skill(skill) for skill in profile.skills],
        "interfaces": [_interface(one) for one in profile.interfaces],
        "location": _location(profile),
        "expectedLatencyMs": profile.latency_ms or None,
        "consent": {part: list(who) for part, who in profile.consent.items()},
        **description.more,
    }
    return _said(found) | {"name": found["name"]} | _security(profile)


def _whose(description: Description) -> dict[str, object]:
    party = _party(description)
    return {
        "id": description.did,
        "did": description.did,
        "url": f"overlay:{party}" if party else "",
        "identifier": description.registration,
        "created": to_time(description.created) if description.created else "",
    }


def _party(description: Description) -> str:
    party = party_of_did(description.did)
    return str(party) if party else ""


def _security(profile: Profile) -> dict[str, object]:
    names = [name for one in profile.interfaces for name in one.security]
    definitions = define((*profile.security, *names))
    if not profile.security:
        definitions[RECEIVER_DECIDES] = {"scheme": RECEIVER_DECIDES}
    return {
        "securityDefinitions": definitions,
        "security": list(profile.security) or [RECEIVER_DECIDES],
    }


def _skill(skill: Skill) -> dict[str, object]:
    return _said(
        {
            "id": skill.id,
            "name": skill.name,
            "description": skill.abstract,
            "inputs": skill.inputs,
            "services": list(skill.services),
        }
    )


def _interface(one: Interface) -> dict[str, object]:
    return _said(
        {
            "type": KINDS.get(one.kind, one.kind),
            "id": one.id,
            "protocol": one.protocol,
            "address": one.address,
            "url": one.schema,
            "description": one.description,
            "skills": list(one.skills),
            "security": list(one.security),
        }
    )


def _location(profile: Profile) -> dict[str, object]:
    place = profile.place
    geo = {"type": "GeoCoordinates", **msgspec.structs.asdict(place)} if place else {}
    return {"type": "Place", "name": profile.location, "geo": geo} if profile.location or place else {}


def _said(members: Mapping[str, object]) -> dict[str, object]:
    """Without what is empty; 0 says something."""
    return {name: value for name, value in members.items() if value not in ("", [], {}, None)}
