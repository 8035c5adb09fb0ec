"""The thirteen of each example, and what their chains ask of them. # AG-11"""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.broadband.cast import DOMAINS
from examples.broadband.example import Example
from examples.broadband.plant import Plant
from examples.diagnosis.complaints import DIAGNOSIS
from examples.installation.orders import INSTALLATION
from overlay.agent.agent import Agent
from overlay.chains.checking import faults
from overlay.chains.layout import Layout
from overlay.demo.story import drawn
from overlay.naming.ids import skill_covers
from overlay.settings import Settings

both = pytest.mark.parametrize("example", [INSTALLATION, DIAGNOSIS], ids=lambda one: one.name)


class Pupil(Agent):
    """Notes what it is taught."""

    def taught(self) -> list[str]:
        return [skill.id for skill in self._skills]


@both
def test_thirteen_agents_of_three_domains_are_there(example: Example) -> None:
    assert len({role.name for role in example.cast}) == len(example.cast) == 13
    assert {role.domain for role in example.cast} == set(DOMAINS)


@both
def test_the_chain_is_right_and_everybody_has_what_it_asks_for(example: Example, tmp_path: Path) -> None:
    plant = Plant.create(tmp_path / "plant")
    offered: list[str] = []
    for role in example.cast:
        pupil = Pupil(tmp_path / role.name)
        role.teach(pupil, plant)
        assert all(skill_covers(role.skill, skill) for skill in pupil.taught())
        offered += pupil.taught()
    assert len(set(offered)) == len(offered)
    assert faults(example.chain, Settings()) == []
    steps = [place.step for place in Layout.of(example.chain).leaves]
    asked = {step.skill for step in steps} | {step.compensate.skill for step in steps if step.compensate}
    assert asked <= set(offered)
    assert example.lead in offered


def test_a_chain_is_drawn_in_one_line() -> None:
    line = drawn(INSTALLATION.chain)
    assert line.startswith("service-installation: intent > [path > allocate] > ((")
    assert line.endswith("> test > monitor > follow-up")
