"""A JSON-LD document as a description: strict, and lossless for what we write ourselves. Pure."""

from __future__ import annotations

from overlay.credentials.did import Did, party_of_did
from overlay.credentials.fields import time_of
from overlay.description.context import plain
from overlay.description.definitions import Definitions
from overlay.description.description import Description
from overlay.description.enforcement import OVERLAY, access_of
from overlay.description.node import Node, check_depth
from overlay.description.writing import KINDS, LISTS, TYPE
from overlay.errors import BadCredential
from overlay.naming.ids import check_skill
from overlay.policy.scheme import Kind
from overlay.registry.record import Interface, Place, Profile, Skill
from overlay.registry.registration.profile import check_profile
from overlay.settings import Settings

_READ = {
    *("@context", "type", "id", "did", "url", "identifier", "created", "name", "description", "version"),
    *("owner", "skills", "interfaces", "location", "expectedLatencyMs", "consent", "proof"),
    *("securityDefinitions", "security", "protocolType", "protocolVersion", *LISTS),
}
_KEPT = ("Infomations", "information", "modified")
"""Terms of the Agent Network Protocol that no profile holds (its specification writes the first one so)."""
_OF_SKILL = ("type", "id", "name", "description", "inputs", "services")
_OF_INTERFACE = ("type", "id", "protocol", "address", "url", "description", "skills", "security")
_LEFT_OF_INTERFACE = ("version", "content", "humanAuthorization", "name")
_KIND = {term: kind for kind, term in KINDS.items()}


def read_document(content: dict[str, object], settings: Settings) -> Description:
    """What a document says. Its proof is not looked at (`overlay.description.proof`).

    Raises BadInput, TooLarge, BadName, with the place of what is wrong: also for a document without security,
    and for rules that could not be enforced.
    """
    check_depth(content, settings.description_depth)
    return _Reader(Node(plain(content))).read(settings)


class _Reader:
    """One document."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._left: list[str] = []

    def read(self, settings: Settings) -> Description:
        """See `read_document`."""
        root = self._root
        if root.text("type", None) != TYPE:
            root.wrong("type", f"this is no {TYPE}")
        more = root.leftover({*_READ, *_KEPT}) | {
            name: root.content[name] for name in _KEPT if name in root.content
        }
        profile = self._profile()
        check_profile(profile, settings, ours=False)
        access_of(profile)
        return Description(
            profile, self._did(), root.text("identifier"), self._created(), more, tuple(self._left)
        )

    def _profile(self) -> Profile:
        root = self._root
        if "security" not in root.content:
            root.wrong("security", "this is missing: a description says what it demands of callers")
        definitions = Definitions(root)
        owner, location = root.node("owner"), root.node("location")
        self._leave(owner, ("type", "name"), ("url",))
        self._leave(location, ("type", "name", "geo"))
        latency = root.number("expectedLatencyMs", 0)
        if int(latency) != latency:
            root.wrong("expectedLatencyMs", "this is a whole number of milliseconds")
        return Profile(
            display_name=self._name(),
            description=root.text("description"),
            version=root.text("version", "1"),
            organisation=owner.text("name"),
            location=location.text("name"),
            place=_place(location),
            latency_ms=int(latency),
            skills=tuple(self._skill(node) for node in root.nodes("skills")),
            interfaces=tuple(self._interface(node, definitions) for node in root.nodes("interfaces")),
            security=self._demands(root, definitions, inside=True),
            consent={part: root.node("consent").words(part) for part in root.node("consent").content},
            **{field: root.words(term) for term, field in LISTS.items()},
        )

    def _name(self) -> str:
        """A name that only repeats whose it is says nothing."""
        name = self._root.text("name", None)
        return "" if name == str(party_of_did(self._did()) or "") else name

    def _did(self) -> str:
        root = self._root
        did = root.text("did")
        return root.checked("did", did, Did.parse) if did else ""

    def _created(self) -> float:
        try:
            return time_of(self._root.content, "created") or 0.0
        except BadCredential as error:
            self._root.wrong("created", str(error).removeprefix("malformed: "))

    def _skill(self, node: Node) -> Skill:
        self._leave(node, _OF_SKILL)
        return Skill(
            id=node.checked("id", node.text("id", None), check_skill),
            name=node.text("name"),
            abstract=node.text("description"),
            inputs=node.text("inputs"),
            services=node.words("services"),
        )

    def _interface(self, node: Node, definitions: Definitions) -> Interface:
        self._leave(node, _OF_INTERFACE, _LEFT_OF_INTERFACE)
        kind = _KIND.get(node.text("type", None))
        if kind is None:
            node.wrong("type", f"an interface is a {' or a '.join(_KIND)}")
        protocol = node.text("protocol", OVERLAY)
        for at, skill in enumerate(node.words("skills")):
            node.checked(f"skills[{at}]", skill, check_skill)
        said = "security" in node.content
        return Interface(
            id=node.text("id") or f"{protocol.lower()}-{node.path.rpartition('[')[2].rstrip(']')}",
            kind=kind,
            protocol=protocol,
            address=node.text("address"),
            schema=node.text("url"),
            description=node.text("description"),
            skills=node.words("skills"),
            security=self._demands(node, definitions, inside=protocol == OVERLAY) if said else (),
        )

    def _demands(self, node: Node, definitions: Definitions, *, inside: bool) -> tuple[str, ...]:
        """`inside`: it is the overlay that has to enforce it."""
        names = definitions.names(node)
        for name in names:
            if inside and any(one.startswith(f"{Kind.OTHER}:") for one in name.split("|")):
                node.wrong(
                    "security", f"{name!r} cannot be checked by the overlay: say what callers there prove"
                )
        return names

    def _leave(self, node: Node, known: tuple[str, ...], unsaid: tuple[str, ...] = ()) -> None:
        """Extensions and terms that no profile holds, below the root, are let go, and that is said."""
        gone = [*node.leftover({*known, *unsaid}), *(name for name in unsaid if name in node.content)]
        self._left += [f"{node.at(name)}: no profile holds this" for name in gone]


def _place(location: Node) -> Place | None:
    geo = location.node("geo")
    if not geo.content:
        return None
    place = Place(float(geo.number("latitude")), float(geo.number("longitude")))
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        location.wrong("geo", "latitude is -90 to 90 and longitude -180 to 180, in degrees")
    return place
