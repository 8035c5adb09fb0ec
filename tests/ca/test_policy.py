"""The CA's policy file: what it accepts, what it refuses by which check, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from overlay.ca.applications.application import Application
from overlay.ca.applications.policy import parse_policy
from overlay.ca.applications.policy_example import EXAMPLE
from overlay.ca.applications.policy_file import PolicyFile
from overlay.errors import BadSettings, Refused, Unavailable

PAGE = Path(__file__).parents[2] / "docs" / "ca.md"
ACME = Application(
    organisation="Acme Networks",
    qualification="TKG licence 4711",
    function="diagnosis",
    scopes=("network.read",),
    skills=("network.fault",),
)


def test_the_example_of_the_documentation_can_be_used_and_grants_what_it_says() -> None:
    assert f"```toml\n{EXAMPLE}```" in PAGE.read_text()
    policy = parse_policy(EXAMPLE)
    assert policy.judge(ACME) == ""
    assert policy.longest_days("Acme Networks", "diagnosis") == 90
    assert policy.longest_days("Acme Networks", "repair") == 30
    assert policy.judge(Application(skills=("text.echo",))) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qualification": ""}, "qualification: the organisation 'Acme Networks' claims none"),
        ({"qualification": "TKG licence 4712"}, "qualification: .* claims 'TKG licence 4712'"),
        ({"function": "billing"}, "function: 'billing' is not permitted to the organisation"),
        ({"scopes": ("network.configure",)}, "scopes: 'network.configure' .* to the function 'diagnosis'"),
        ({"function": "repair", "scopes": ("network.erase",)}, "scopes: 'network.erase' .* the organisation"),
        ({"function": ""}, "scopes: only an agent with a function type"),
        ({"skills": ("networking",)}, "skills: 'networking' is not permitted"),
    ],
)
def test_a_refusal_names_the_check_that_failed(change: dict[str, object], said: str) -> None:  # CA-2
    with pytest.raises(Refused, match=f"^{said}"):
        parse_policy(EXAMPLE).judge(msgspec.structs.replace(ACME, **change))


def test_an_unknown_organisation_is_held_or_refused_as_the_policy_says() -> None:  # CA-2
    evil = Application(organisation="Evil", function="diagnosis")
    assert "'Evil' is not in the policy" in parse_policy(EXAMPLE).judge(evil)
    with pytest.raises(Refused, match=r"^organisation: the CA's policy does not accept 'Evil'"):
        parse_policy("").judge(evil)
    with pytest.raises(Refused, match=r"^function: the CA's policy knows no function type 'other'"):
        parse_policy(EXAMPLE).judge(msgspec.structs.replace(evil, function="other"))


def test_the_strictest_table_decides_who_decides() -> None:
    repair = msgspec.structs.replace(ACME, function="repair")
    assert "the function 'repair'" in parse_policy(EXAMPLE).judge(repair)
    assert "'Acme' are for an administrator" in parse_policy("[organisations.Acme]").judge(
        Application(organisation="Acme")
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('allowed_key_types = ["P-256", "RSA-2048"]', "allowed_key_types: RSA-2048 is beyond"),
        (
            "[organisations.Acme]\nskils = []",
            r"organisations\.Acme\.skils: no such key \(did you mean skills\?\)",
        ),
        ('unkown = "refuse"', r"unkown: no such key \(did you mean unknown\?\)"),
        ('[organisations.Acme]\nfunctions = ["x"]', r"'x' has no table \[functions\.x\]"),
        ('[functions.x]\nscopes = ["Upper"]', r"functions\.x\.scopes\.0: 'Upper' is not a skill"),
        ("days = 0", "days: .* greater than 0"),
        ("days = [", "it is no TOML"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_policy(text)


def test_a_change_counts_at_once_and_nothing_broken_or_missing_is_taken_for_permission(
    tmp_path: Path,
) -> None:
    path = tmp_path / "policy.toml"
    file = PolicyFile(path)
    assert file.current() is None
    path.write_text('unknown = "hold"')
    first = file.current()
    assert first is not None
    assert first.unknown == "hold"
    path.write_text('unknown = "nonsense"')
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"^policy: "):
            file.current()
    path.write_text('unknown = "refuse"')
    second = file.current()
    assert second is not None
    assert second.unknown == "refuse"
    path.unlink()
    with pytest.raises(Unavailable, match=r"^policy: "):
        file.current()
