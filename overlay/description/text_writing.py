"""A description in natural language, as a person reads it; its headlines are read back as fields. Pure."""

from __future__ import annotations

from overlay.description.description import Description
from overlay.registry.record import Interface, Profile, Skill


def write_text(description: Description) -> str:
    """As Markdown."""
    profile = description.profile
    head = [f"# {profile.display_name}", ""] if profile.display_name else []
    said = [profile.description, ""] if profile.description else []
    skills = [_skill(one) for one in profile.skills if one.name or one.abstract or one.inputs]
    interfaces = [_interface(one) for one in profile.interfaces]
    lines = [*head, *said, *_headlines(profile)]
    lines += ["", *skills] if skills else []
    lines += ["", *interfaces] if interfaces else []
    return "\n".join(lines).strip() + "\n"


def _headlines(profile: Profile) -> list[str]:
    words = {
        "Skills": ", ".join(skill.id for skill in profile.skills),
        "Languages": ", ".join(profile.languages),
        "Modalities": ", ".join(profile.modalities),
        "Protocols": ", ".join(profile.protocols),
        "Services": ", ".join(profile.services),
        "Topics": ", ".join(profile.topics),
        "Organisation": profile.organisation,
        "Location": profile.location,
        "Latency": f"{profile.latency_ms} ms" if profile.latency_ms else "",
        "Version": profile.version,
        "Security": ", ".join(profile.security),
    }
    return [f"{word}: {value}" for word, value in words.items() if value]


def _skill(skill: Skill) -> str:
    about = " ".join(word for word in (skill.name, skill.abstract, skill.inputs) if word)
    return f"- {skill.id}, {' '.join(about.split())}"


def _interface(one: Interface) -> str:
    where = one.address or "in the overlay"
    rule = f", for who meets {' and '.join(one.security)}" if one.security else ""
    about = f": {' '.join(one.description.split())}" if one.description else ""
    return f"- a {one.kind} interface, {one.protocol} {where}{rule}{about}"
