"""What an agent says of itself: as its program says it, or as a description file does (REG-13)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from overlay.description.a2a_signature import check_signatures
from overlay.description.forms import Form, Written, read_any
from overlay.description.proof import REGISTERING, verify_document
from overlay.endpoint.party import Party
from overlay.errors import BadInput, BadSettings, OverlayError, TooLarge
from overlay.private_files import write_private
from overlay.registry.record import Profile, Skill
from overlay.registry.registration.fault import raise_faults
from overlay.registry.registration.profile import profile_faults
from overlay.settings import Settings
from overlay.text_file import read_text
from overlay.wire.shape import check_shape

_log = logging.getLogger("overlay.agent")
_STRUCTS = {
    "skills": "Skill('network.repair')",
    "interfaces": "Interface('id', …)",
    "place": "Place(latitude, longitude)",
    "consent": "{'part': ('who', …)}",
}
DESCRIPTION_FILE = "description"
"""In an agent's folder: `description.json`, or `description.md`."""


def description_in(folder: Path) -> Path | None:
    """The file in an agent's folder that describes it, if there is one. Raises BadSettings."""
    found = [file for end in ("json", "md") if (file := folder / f"{DESCRIPTION_FILE}.{end}").exists()]
    if len(found) > 1:
        raise BadSettings(f"{found[0]} and {found[1]} both describe the agent: remove one")
    return found[0] if found else None


def keep_file(file: Path, folder: Path) -> None:
    """From now on it describes the agent of this folder, instead of what did so before."""
    text = file.read_text()
    former = description_in(folder)
    end = "json" if text.lstrip().startswith("{") else "md"
    write_private(folder / f"{DESCRIPTION_FILE}.{end}", text.encode())
    if former is not None and former.suffix != f".{end}":
        former.unlink()


def profile_of(given: Profile | Path | str | None, home: Path, party: Party) -> Profile:
    """What `party`, whose folder is `home`, registers: the profile that its program gives, or the file, or
    what is in its folder.

    Raises BadInput for a profile that has fields of other types; BadSettings for a file that describes it
    wrongly, or describes somebody else.
    """
    if isinstance(given, Profile):
        return checked_profile(given)
    if given is not None and not isinstance(given, (Path, str)):
        raise BadInput(f"profile={given!r}: give a Profile, or the path of a description file")
    file = Path(given).expanduser() if given else description_in(home)
    return _checked(file, party) if file else Profile()


def checked_profile(profile: Profile) -> Profile:
    """Raises BadInput where a field has another type than it may have."""
    return check_shape(profile, "the profile", _STRUCTS)


def check_told(profile: Profile, settings: Settings) -> None:
    """What the registry would refuse of any agent. How much it takes is its own setting, and left to it.

    Raises BadInput.
    """
    faults = profile_faults(profile, settings)
    raise_faults([fault for fault in faults if not issubclass(fault.kind, TooLarge)])


def with_served(profile: Profile, skills: Sequence[Skill], topics: Sequence[str]) -> Profile:
    """The profile with what is served, where it does not describe that itself."""
    described = {skill.id for skill in profile.skills}
    return msgspec.structs.replace(
        profile,
        skills=(*profile.skills, *(skill for skill in skills if skill.id not in described)),
        topics=tuple(dict.fromkeys((*profile.topics, *topics))),
    )


def read_file(file: Path, settings: Settings) -> Written:
    """Raises BadSettings."""
    text = read_text(file)
    try:
        return read_any(text, str(file), settings)
    except BadInput as error:
        raise BadSettings(f"{file}: {error}") from error


def _checked(file: Path, party: Party) -> Profile:
    written = read_file(file, party.settings)
    did = written.description.did
    if did and did != party.id.did:
        raise BadSettings(f"{file} describes {did}, not {party.id.did}: it is another agent's")
    try:
        _check_proof(written, party, file)
    except OverlayError as error:
        raise BadSettings(f"{file}: {error}") from error
    for line in written.description.left:
        _log.warning("%s: %s", file, line)
    return written.description.profile


def _check_proof(written: Written, party: Party, file: Path) -> None:
    """Without one, the file is the word of whoever may write into the agent's folder."""
    trust, now = party.trust_store(), party.clock()
    if written.form is Form.JSON_LD and "proof" in written.content:
        verify_document(written.content, trust, now, party.settings, of=party.id, purpose=REGISTERING)
    if written.form is Form.A2A:
        for signature in check_signatures(written.content, trust, now, party.settings):
            if not signature.verified:
                _log.warning("%s: a signature is unverified: %s", file, signature.why)
