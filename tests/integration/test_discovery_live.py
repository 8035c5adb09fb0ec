"""Looking for somebody over real brokers, in the own domain and in another's (REG-4 … REG-7)."""

from __future__ import annotations

from overlay.agent.agent import Agent
from overlay.domain.residents import resident
from overlay.registry.record import Place, Profile
from overlay.registry.search.protocol import Find, Near
from tests.integration.conftest import Pair
from tests.integration.people import FRIENDS, SETTINGS, Person, fresh, present, until

PROFILE = Profile(
    display_name="Luthier",
    description="Restores broken harpsichords and clavichords, strings and soundboards",
    version="2.1",
    languages=("en-GB",),
    protocols=("mqtt",),
    place=Place(48.1, 11.6),
    latency_ms=40,
)


async def luthier(pair: Pair) -> Person:
    name = fresh("luthier")
    skill = f"music.{name}"
    home = await resident(pair.far, name, (skill,))
    person = Person(Agent(home, profile=PROFILE, settings=SETTINGS, access=FRIENDS), skill)
    person.agent.serves(skill)(person.echo)
    return person


async def test_an_agent_of_another_domain_is_found_by_what_it_says_and_chosen_for_a_sentence(
    pair: Pair,
) -> None:
    bob = await luthier(pair)
    ask = Find(
        (bob.skill,),
        languages=("en",),
        protocols=("MQTT",),
        version=">=2,<3",
        near=Near(48.2, 11.5, 30),
        latency_ms=50,
    )
    sentence = "who restores my broken harpsichord"
    async with present(pair.near, "alice") as alice, bob.agent:
        await alice.hears_of(bob)
        (match,) = (await alice.agent.discover(ask)).matches
        assert (match.party, match.gateway) == (str(bob.id), f"gw@{bob.id.domain}")
        assert match.heard_at > 0
        assert match.as_of > 0
        assert not (await alice.agent.discover(ask, max_age_s=0.0)).matches
        for wrong in (Find((bob.skill,), version="<2"), Find((bob.skill,), languages=("de",))):
            assert not (await alice.agent.discover(wrong)).matches

        async def understood() -> bool:
            found = (await alice.agent.discover(Find((bob.skill,), intent=sentence))).matches
            return bool(found) and found[0].party == str(bob.id)

        await until(understood)
        best = (await alice.agent.discover(sentence)).matches[0]
        assert best.record.profile.display_name == "Luthier"
        assert (await alice.agent.ask_best(sentence)).body == sentence.encode()
