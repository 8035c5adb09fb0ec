"""`overlay discover` and `overlay sight`, as processes of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.registry.record import Place, Profile
from tests.cli.test_program import complaint
from tests.live_domain import LiveDomain, eventually, fresh, overlay


async def _tuner(live: LiveDomain, skill: str) -> Agent:
    profile = Profile(
        description="Tunes church bells and carillons",
        languages=("nl",),
        place=Place(51.0, 3.7),
        version="1.4",
    )
    agent = Agent(await resident(live.folder, fresh("tuner"), (skill,)), profile=profile)

    @agent.serves(skill)
    async def tune(message: Message) -> bytes:
        return message.body

    return agent


async def test_an_agent_is_found_by_conditions_and_by_a_sentence_and_the_answer_says_why(
    live: LiveDomain,
) -> None:  # REG-4, REG-5
    skill, home = fresh("bells.tune"), ("--home", live.home)
    async with await _tuner(live, skill) as agent, await live.agent() as asker:
        name = str(agent.id)
        words = ("--language", "nl", "--near", "51.1,3.7", "--within", "30", "--version", ">=1,<2")
        found = await overlay("discover", skill, *words, "--json", *home)
        (match,) = json.loads(found.out)["agents"]
        assert (match["agent"], match["age_s"] < 60) == (name, True)
        assert match["why"] == f"online, {skill}, 11 km away"

        sentence = "who tunes the bells of our church"

        async def understood() -> bool:
            return name in [match.party for match in (await asker.discover(sentence)).matches]

        await eventually(understood)
        said = await overlay("discover", sentence, "--explain", *home)
        assert name in said.out
        assert "fits the intent by" in said.out
        assert "% " in said.out
        asked = await overlay("agent", "ask", sentence, "hello", *home)
        assert (asked.out, asked.err) == ("hello\n", f"overlay: {name} was asked\n")
        nobody = await overlay("discover", skill, "--language", "xx", *home)
        assert (nobody.code, "nobody has language 'xx'" in nobody.out) == (1, True)
        wrong = await overlay("discover", skill, "--latency-ms", "0", *home)
        assert (wrong.code, "--latency-ms 0" in complaint(wrong)) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("  ",), "what is looked for is empty"),
        (("mend my phone", "--intent", "book a flight"), "write one of them"),
        (("--within", "5"), "how far from --near"),
        (("--max-age", "-1"), "--max-age -1: say how many seconds"),
        (("--credential", "by nobody"), "--credential 'by nobody': write a type"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused_in_the_words_of_the_options(
    live: LiveDomain, words: tuple[str, ...], said: str
) -> None:
    refused = await overlay("discover", *words, "--home", live.home)
    assert refused.code == 2
    assert said in complaint(refused)


async def test_an_operator_hides_an_agent_and_is_told_why_it_is_not_found(
    live: LiveDomain, tmp_path: Path
) -> None:  # REG-11
    skill, home = fresh("bells.hide"), ("--home", live.home)
    async with await _tuner(live, skill) as agent, await live.agent() as asker:
        assert [match.party for match in (await asker.discover(skill)).matches] == [str(agent.id)]
        policy = tmp_path / "sight.toml"
        policy.write_text(f'[[deny]]\nfrom = ["{asker.id}"]\nto = ["{agent.id}"]\n')
        try:
            assert "hidden: " in (await overlay("sight", "set", str(policy), *home)).out
            assert not (await asker.discover(skill)).matches
            check = await overlay("sight", "why", "--from", str(asker.id), "--to", str(agent.id), *home)
            assert (check.code, "a rule hides it" in check.out) == (1, True)
            assert (await asker.ask(agent.id, "still reached", skill=skill)).text == "still reached"
        finally:
            policy.write_text("")
            shown = await overlay("sight", "set", str(policy), "--json", *home)
        assert json.loads(shown.out) == {"allow": [], "deny": [], "own_domain": "allow"}
        assert (await asker.discover(skill)).matches
