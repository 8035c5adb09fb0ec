"""Whom an agent means by `name@domain`, or by a skill: in turn, and for which skill."""

from __future__ import annotations

from overlay.errors import NotFound
from overlay.naming.ids import PartyId, check_skill, skill_covers
from overlay.registry.client import RegistryClient
from overlay.registry.record import Record


async def candidates(directory: RegistryClient, to: PartyId | str, skill: str) -> list[tuple[PartyId, str]]:
    """The best first. Raises BadName, and what asking the directory raises."""
    if isinstance(to, PartyId):
        return [(to, skill)]
    if "@" in to:
        return [(PartyId.parse(to), skill)]
    found = await directory.find(check_skill(to))
    return [(PartyId.parse(match.party), skill or _matching(match.record, to)) for match in found]


def nobody(skill: PartyId | str, me: PartyId) -> NotFound:
    """What is said where there are no candidates."""
    text = f"nobody who is online offers '{skill}': `overlay discover {skill} --presence any` shows who does"
    if "." not in str(skill):
        text += f"; an agent is named with its domain, such as {skill}@{me.domain}"
    return NotFound(text)


def _matching(record: Record, wanted: str) -> str:
    """Which of the skills of an agent that was found is meant: an agent serves its own, none above them."""
    offered = [skill.id for skill in record.profile.skills if skill_covers(wanted, skill.id)]
    return wanted if wanted in offered or not offered else offered[0]
