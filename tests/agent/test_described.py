"""An agent's description as a file: of this agent, unchanged, one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from overlay.agent.described import check_told, checked_profile, keep_file, profile_of, with_served
from overlay.description.description import Description
from overlay.description.proof import REGISTERING, sign_document
from overlay.description.writing import write_document
from overlay.endpoint.party import Party
from overlay.errors import BadInput, BadSettings
from overlay.registry.record import Profile, Skill
from overlay.settings import Settings
from tests.description.profiles import CLINIC, ECHO
from tests.memory_domain import MemoryDomain


@pytest.fixture
def clinic() -> Party:
    return MemoryDomain().party("clinic")


def document(party: Party) -> dict[str, object]:
    return write_document(Description(CLINIC, party.id.did))


def signed(party: Party, purpose: str = REGISTERING) -> dict[str, object]:
    return sign_document(document(party), party.credentials, purpose, party.clock(), party.settings)


def test_the_file_in_an_agents_folder_describes_it(tmp_path: Path, clinic: Party) -> None:
    assert profile_of(None, tmp_path, clinic) == Profile()
    given = tmp_path / "given.json"
    given.write_text(json.dumps(signed(clinic)))
    keep_file(given, tmp_path)
    assert profile_of(None, tmp_path, clinic) == CLINIC
    assert profile_of(Profile(version="2"), tmp_path, clinic) == Profile(version="2")
    given.write_text("I book rooms.")
    keep_file(given, tmp_path)
    assert profile_of(None, tmp_path, clinic).description == "I book rooms."


def test_two_files_that_describe_an_agent_are_one_too_many(tmp_path: Path, clinic: Party) -> None:
    for name in ("description.json", "description.md"):
        (tmp_path / name).write_text("I book rooms.")
    with pytest.raises(BadSettings, match="both describe the agent"):
        profile_of(None, tmp_path, clinic)


def test_the_description_of_another_a_changed_one_and_a_published_one_are_refused(
    tmp_path: Path, clinic: Party
) -> None:
    file = tmp_path / "ad.json"
    bob = MemoryDomain().party("bob")
    wrong = {
        "it is another agent's": document(bob),
        "changed: ": signed(clinic) | {"name": "Clinik"},
        "made for 'r-1'": signed(clinic, "r-1"),
        r"\$\.security: this is missing": {"type": "AgentDescription", "name": "Clinic"},
    }
    for said, content in wrong.items():
        file.write_text(json.dumps(content))
        with pytest.raises(BadSettings, match=rf"ad\.json.*{said}"):
            profile_of(file, tmp_path, clinic)


def test_what_is_served_is_added_where_the_description_does_not_say_it() -> None:
    told = with_served(CLINIC, (Skill(ECHO, abstract="by the program"), Skill("text.count")), ("news",))
    assert [skill.id for skill in told.skills] == [*(skill.id for skill in CLINIC.skills), "text.count"]
    assert (told.skills[1].abstract, told.topics) == ("", ("news",))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"skills": ("text.echo",)}, r"skills\[0\] is a text; write Skill\('network.repair'\)"),
        ({"languages": "en"}, r"languages is a text; write a list or tuple; of one item languages=\("),
        ({"place": (48.1, 11.6)}, r"place is a list or tuple; write Place\(latitude, longitude\)"),
        ({"version": 2}, "version is a whole number; write a text"),
        ({"services": (b"care",)}, r"services\[0\] is bytes; write a text"),
        ({"languages": ("english please",)}, r"languages\[0\] is 'english please' \(a BCP 47 tag"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_refused_where_it_is_written(
    fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        check_told(checked_profile(Profile(**fields)), Settings())
