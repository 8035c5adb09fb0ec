"""`overlay agent credential`: a third party's credential in an agent's folder (CA-9)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from overlay.cli.agent_credential import app
from overlay.endpoint.home import Home
from overlay.errors import Refused
from tests.credentials.scene import QUALIFIED, KeyIssuer, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def home_of(scene: Scene, folder: Path, name: str) -> Path:
    party = scene.a.party(name)
    Home(folder).save(party.credentials, party.domain_card)
    return folder


def test_a_credential_is_added_listed_and_removed(scene: Scene, tmp_path: Path) -> None:
    college, home = KeyIssuer(), home_of(scene, tmp_path / "alice", "alice")
    said = scene.said(issuer=college.did)
    (tmp_path / "diploma.jwt").write_text(college.sign(scene.payload(said)) + "\n")

    def typed(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--agent-home", str(home)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    assert typed("add", str(tmp_path / "diploma.jwt")).startswith(f"{QUALIFIED} by {college.did}")
    (held,) = json.loads(typed("list", "--json"))["credentials"]
    assert (held["id"], held["issuer"], held["claims"]) == (said.id, college.did, {"field": "surgery"})
    assert typed("remove", said.id) == f"removed: {said.id}\n"
    assert typed("list") == "No credentials.\n"


def test_a_credential_of_somebody_else_is_not_taken(scene: Scene, tmp_path: Path) -> None:
    home = home_of(scene, tmp_path / "bob", "bob")
    (tmp_path / "diploma.jwt").write_text(KeyIssuer().sign(scene.payload()))
    with pytest.raises(Refused, match=r"is of did:web:a\.example:agents:alice"):
        CliRunner().invoke(
            app,
            ["add", str(tmp_path / "diploma.jwt"), "--agent-home", str(home)],
            catch_exceptions=False,
        )
