"""A description as an A2A agent card, and what of it those who know cards only do not see. Pure."""

from __future__ import annotations

from overlay.credentials.did import party_of_did
from overlay.description.a2a_card import A2A, CARRIED, EXTENSION, MEDIA, OVERLAY_BINDING, VERSIONS
from overlay.description.a2a_schemes import write_schemes
from overlay.description.description import Description
from overlay.description.writing import write_document
from overlay.errors import BadInput
from overlay.registry.record import Interface, Profile, Skill

_SAID_BY_CARD = ("did", "created", "owner", "interfaces", "security", "securityDefinitions", "modalities")


def write_card(
    description: Description, version: str = VERSIONS[0]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """The card, in this version of the A2A protocol; and what of the description only our extension in it
    says, which those who do not know it pass over, or nothing in it. Raises BadInput.
    """
    if version not in VERSIONS:
        raise BadInput(f"{version!r} is no version of agent cards: {', '.join(VERSIONS)} are")
    document, profile = write_document(description), description.profile
    params = {term: document[term] for term in CARRIED if term in document}
    party = party_of_did(description.did)
    media = [MEDIA.get(one, one) for one in profile.modalities] or [MEDIA["text"]]
    card: dict[str, object] = {
        "name": document["name"],
        "description": profile.description,
        "version": profile.version,
        **_addresses(profile, str(party or ""), version),
        "capabilities": {
            "streaming": "stream" in profile.interaction,
            "pushNotifications": False,
            "extensions": [
                {
                    "uri": EXTENSION,
                    "description": "What an Agent Description document says beyond a card",
                    "required": False,
                    "params": params,
                }
            ],
        },
        **_security(profile, version),
        "defaultInputModes": media,
        "defaultOutputModes": media,
        "skills": [_skill(skill) for skill in profile.skills],
    }
    if profile.organisation:
        url = f"https://{party.domain}" if party else ""
        card["provider"] = {"organization": profile.organisation, "url": url}
    notes = [f"{term}: in our extension" for term in params if term not in _SAID_BY_CARD]
    return card, (*notes, *(["consent: not in the card"] if profile.consent else []))


def _addresses(profile: Profile, party: str, version: str) -> dict[str, object]:
    outside = [one for one in profile.interfaces if one.protocol.startswith(f"{A2A}/")]
    found = [_address(one) for one in outside]
    found.append((f"overlay:{party}" if party else "overlay:", OVERLAY_BINDING, "1.0"))
    if version == "1.0":
        members = ("url", "protocolBinding", "protocolVersion")
        return {"supportedInterfaces": [dict(zip(members, one, strict=True)) for one in found]}
    (url, binding, _), *more = found
    return {
        "protocolVersion": f"{version}.0",
        "url": url,
        "preferredTransport": binding,
        "additionalInterfaces": [{"url": url, "transport": binding} for url, binding, _ in more],
    }


def _address(one: Interface) -> tuple[str, str, str]:
    _, spoken, binding = [*one.protocol.split("/", 2), "", ""][:3]
    return one.address, binding, spoken


def _security(profile: Profile, version: str) -> dict[str, object]:
    """Any of these lets in: at which address is for the caller to know, as cards have one rule for all."""
    outside = [
        one.security for one in profile.interfaces if one.protocol.startswith(f"{A2A}/") and one.security
    ]
    wrapped = version == "1.0"
    schemes: dict[str, object] = {}
    required: list[dict[str, object]] = []
    for names in dict.fromkeys((*outside, profile.security)):
        defined, ways = write_schemes(names, wrapped=wrapped)
        schemes |= defined
        required += ways
    member = "securityRequirements" if wrapped else "security"
    return {"securitySchemes": schemes, member: required} if required else {}


def _skill(skill: Skill) -> dict[str, object]:
    return {
        "id": skill.id,
        "name": skill.name or skill.id,
        "description": skill.abstract,
        "tags": list(skill.services),
        "examples": skill.inputs.split("\n") if skill.inputs else [],
    }
