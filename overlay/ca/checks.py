"""What the CA checks before it signs; each refusal begins with the name of the check (CA-2). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.applications.application import Application
from overlay.errors import BadCertificate, BadName, Refused
from overlay.naming.ids import check_name, is_reserved, skill_covers
from overlay.trust.attributes import Attributes

MAX_WORD = 120
MAX_REASON = 300


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


def check_permitted(
    what: str, asked: Sequence[str], permitted: Sequence[str], by: str = "the token permits"
) -> None:
    """Raises Refused unless each of these skills or scopes is, or is below, a permitted one."""
    for one in asked:
        if not any(skill_covers(wide, one) for wide in permitted):
            allowed = ", ".join(permitted) or "none"
            raise Refused(f"{what}: {one!r} is outside of what {by} ({allowed})")


def check_application(said: Application) -> None:
    """Raises Refused unless this can be written into a certificate and a log."""
    words = {"qualification": said.qualification, "developer": said.developer}
    for field, text in words.items():
        if len(text) > MAX_WORD or not (text == "" or text.isprintable()) or text != text.strip():
            raise Refused(f"{field}: use up to {MAX_WORD} printable characters")
    attributes_of(said)


def check_reason(text: str) -> None:
    """Raises Refused unless this can be told to the one who was denied."""
    if not text.strip() or len(text) > MAX_REASON or not text.isprintable():
        raise Refused(f"why: say it to the newcomer in 1 to {MAX_REASON} printable characters")


def attributes_of(said: Application) -> Attributes:
    """What of it a certificate says. Raises Refused."""
    try:
        return Attributes(said.skills, said.organisation, said.function, said.scopes)
    except BadCertificate as error:
        raise Refused(str(error)) from error


def check_terms(asked: Application, terms: Application) -> None:
    """Raises Refused unless the newcomer asks for what its join token was made for."""
    check_permitted("skills", asked.skills, terms.skills)
    check_permitted("scopes", asked.scopes, terms.scopes)
    for field in ("organisation", "qualification", "developer", "function"):
        claimed, fixed = getattr(asked, field), getattr(terms, field)
        if fixed and claimed != fixed:
            raise Refused(f"{field}: the token is for {fixed!r}, not for {claimed!r}")
