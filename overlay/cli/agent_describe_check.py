"""`overlay agent describe --check`: what a description holds, what it proves, and what it would enforce."""

from __future__ import annotations

from pathlib import Path

from overlay.agent.described import read_file
from overlay.cli.printing import printable, say, show_json, utc
from overlay.cli.running import run
from overlay.credentials.keys import VerificationKey, from_jwk
from overlay.description.enforcement import access_of, publishes_rules
from overlay.description.forms import Form, Written
from overlay.description.node import Node, parse_json
from overlay.domain.config import load_config
from overlay.domain.describing import Checked, check_alone, check_written, domain_at
from overlay.domain.folder import DomainFolder
from overlay.errors import BadCredential, BadInput
from overlay.naming.ids import PartyId
from overlay.policy.access import explain
from overlay.settings import Settings, load_settings
from overlay.text_file import read_text

_PRIVATE = "the agent decides, and does not publish how"


def check_file(file: Path, agent: str, keys: Path | None, home: Path, *, as_json: bool) -> None:
    """Print it; with `agent`, it has to be this one's. Raises BadSettings, BadCredential, Expired, Replayed,
    Unavailable.
    """
    folder = domain_at(home)
    settings = load_settings(folder.settings) if folder else load_settings()
    written, trusted = read_file(file, settings), _keys(keys, settings)
    if agent:
        _check_subject(written, agent, folder)
    if folder:
        checked = run(check_written(written, folder, trusted))
    else:
        checked = check_alone(written, trusted, settings)
    told = _told(written, checked, here=folder is not None)
    if as_json:
        show_json(told)
        return
    for name, value in told.items():
        for line in value if isinstance(value, list) else [str(value)]:
            say(printable(f"{name.replace('_', ' '):12} {line}"))


def _check_subject(written: Written, agent: str, folder: DomainFolder | None) -> None:
    if "@" not in agent and folder is None:
        raise BadInput(f"{agent}: write {agent}@DOMAIN, as no domain is here (--home)")
    wanted = PartyId.parse(agent) if "@" in agent or folder is None else _of(agent, folder)
    if written.description.did != wanted.did:
        found = written.description.did or "nobody that it names"
        raise BadCredential(f"subject: this describes {found}, not {wanted.did}")


def _of(name: str, folder: DomainFolder) -> PartyId:
    return PartyId.of(name, load_config(folder.config).domain)


def _told(written: Written, checked: Checked, *, here: bool) -> dict[str, object]:
    description = written.description
    profile = description.profile
    found: dict[str, object] = {
        "format": str(written.form),
        "name": profile.display_name,
        "agent": description.did,
        "version": profile.version,
        "skills": [skill.id for skill in profile.skills],
        "security": list(profile.security),
        "lets_in": explain(access_of(profile)) if publishes_rules(profile) else [_PRIVATE],
        "interfaces": [f"{one.id}: {one.kind}, {one.protocol}" for one in profile.interfaces],
        "not_carried": list(description.left),
    }
    return found | _proved(written, checked, here=here)


def _proved(written: Written, checked: Checked, *, here: bool) -> dict[str, object]:
    if written.form is Form.A2A:
        signatures = [
            f"{'verified' if one.verified else 'unverified'}: {one.by}{one.why and f' ({one.why})'}"
            for one in checked.signatures
        ]
        return {"verified": any(one.verified for one in checked.signatures), "signatures": signatures}
    if checked.proof is None:
        unsigned = written.form is Form.TEXT or "proof" not in written.content
        why = "there is none" if unsigned else "" if here else "not checked: no domain is here (--home)"
        return {"verified": False, "proof": why}
    proof = checked.proof
    said = f"of {proof.party} for {proof.purpose}, until {utc(proof.valid_until)}"
    return {"verified": True, "proof": said}


def _keys(file: Path | None, settings: Settings) -> dict[str, VerificationKey]:
    """Those that sign, of a JWK set (RFC 7517). Raises BadInput, BadCredential."""
    if file is None:
        return {}
    found = {}
    for node in Node(parse_json(read_text(file), str(file), settings)).nodes("keys"):
        key = from_jwk(node.content)
        if not isinstance(key, VerificationKey):
            raise BadInput(f"{file}: {node.path} cannot sign")
        found[node.text("kid", None)] = key
    return found
