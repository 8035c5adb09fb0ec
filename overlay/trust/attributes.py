"""What a certificate says of an agent beyond its name: what others decide by (CA-1, CA-3). Pure.

    urn:agent-overlay:skill:<skill>             any number, slugs
    urn:agent-overlay:scope:<scope>             any number, slugs: what it may be permitted to do
    urn:agent-overlay:function:<slug>           its function type, one or none
    urn:agent-overlay:organisation:<text>       percent-encoded UTF-8, one or none

They are written in one order and one encoding, so that equal attributes are equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from overlay.errors import BadCertificate, BadName
from overlay.naming.ids import check_skill

URN = "urn:agent-overlay:"
MAX_SKILLS = 32
MAX_SCOPES = 32
MAX_ORGANISATION = 120
"""Characters."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Raises BadCertificate when one of them cannot be in a certificate."""

    skills: tuple[str, ...] = ()
    organisation: str = ""
    function: str = ""
    """The function type: a slug with dots, as skills are."""
    scopes: tuple[str, ...] = ()
    """Permission scopes: slugs with dots, `network.configure`."""

    def __post_init__(self) -> None:
        _check_slugs("skills", self.skills, MAX_SKILLS)
        _check_slugs("scopes", self.scopes, MAX_SCOPES)
        _check_slugs("function", (self.function,) if self.function else (), 1)
        name = self.organisation
        if len(name) > MAX_ORGANISATION or not (name == "" or name.isprintable()) or name != name.strip():
            raise BadCertificate(f"organisation: use up to {MAX_ORGANISATION} printable characters")

    def __bool__(self) -> bool:
        return self != _NONE

    def uris(self) -> list[str]:
        """As entries of a certificate's SAN."""
        found = [f"{URN}skill:{skill}" for skill in self.skills]
        found += [f"{URN}scope:{scope}" for scope in self.scopes]
        if self.function:
            found.append(f"{URN}function:{self.function}")
        if self.organisation:
            found.append(f"{URN}organisation:{quote(self.organisation, safe='')}")
        return found

    @classmethod
    def of(cls, uris: Iterable[str]) -> Attributes:
        """The inverse of `uris`, other entries aside; callers write them again and compare. Raises
        BadCertificate.
        """
        listed = list(uris)
        organisation, function = _last(listed, "organisation"), _last(listed, "function")
        return cls(
            skills=tuple(values(listed, "skill")),
            organisation=unquote(organisation, errors="replace"),
            function=function,
            scopes=tuple(values(listed, "scope")),
        )


def values(uris: Iterable[str], kind: str) -> list[str]:
    """What the entries of this kind say."""
    prefix = f"{URN}{kind}:"
    return [uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)]


def _last(uris: list[str], kind: str) -> str:
    found = values(uris, kind)
    return found[-1] if found else ""


def _check_slugs(what: str, slugs: tuple[str, ...], limit: int) -> None:
    if len(slugs) > limit or len(set(slugs)) != len(slugs):
        raise BadCertificate(f"{what}: name up to {limit} different ones, not {len(slugs)}")
    try:
        for slug in slugs:
            check_skill(slug)
    except BadName as error:
        raise BadCertificate(f"{what}: {error}") from error


_NONE = Attributes()
