"""What the CA checks before it signs; each refusal begins with the name of the check (CA-2). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.entries import Token
from overlay.errors import BadName, Refused
from overlay.naming.ids import check_name, check_skill, is_reserved, skill_covers
from overlay.trust.attributes import MAX_SKILLS

MAX_WORD = 120


def serial_text(serial: int) -> str:
    """A serial as the protocol and the store write it."""
    return format(serial, "x")


def key_bytes(public: ec.EllipticCurvePublicKey) -> bytes:
    """A public key, comparable: DER."""
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def check_free_name(name: str) -> None:
    """Raises Refused unless an agent may be called so."""
    try:
        check_name(name)
    except BadName as error:
        raise Refused(f"name: {error}") from error
    if is_reserved(name):
        raise Refused(f"name: {name!r} is reserved for the domain itself, choose another")


def check_skills(skills: Sequence[str]) -> None:
    """Raises Refused unless these can be the skills of a certificate."""
    if len(skills) > MAX_SKILLS or len(set(skills)) != len(skills):
        raise Refused(f"skills: name up to {MAX_SKILLS} different ones, not {len(skills)}")
    try:
        for skill in skills:
            check_skill(skill)
    except BadName as error:
        raise Refused(f"skills: {error}") from error


def check_permitted(skills: Sequence[str], permitted: Sequence[str]) -> None:
    """Raises Refused unless each skill is, or is below, a permitted one."""
    check_skills(skills)
    for skill in skills:
        if not any(skill_covers(wide, skill) for wide in permitted):
            allowed = ", ".join(permitted) or "none"
            raise Refused(f"skills: {skill!r} is outside of what the token permits ({allowed})")


def check_words(**words: str) -> None:
    """Raises Refused unless each is a short printable text."""
    for field, text in words.items():
        if len(text) > MAX_WORD or not (text == "" or text.isprintable()):
            raise Refused(f"{field}: use up to {MAX_WORD} printable characters")


def check_organisation(claimed: str, token: Token) -> None:
    """Raises Refused unless the newcomer belongs to whom the token was made for."""
    if token.organisation and claimed != token.organisation:
        raise Refused(f"organisation: the token is for {token.organisation!r}, not for {claimed!r}")
