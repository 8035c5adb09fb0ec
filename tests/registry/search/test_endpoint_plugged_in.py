"""A registry with an embedding endpoint: its vectors decide, and without it the table does (REG-5)."""

from __future__ import annotations

import pytest

from overlay.endpoint.background import beside
from overlay.registry.record import Profile
from overlay.registry.search.protocol import Find, Matches
from overlay.settings import Settings
from tests.discovery.embedding_server import serving
from tests.endpoint.waiting import until
from tests.registry.search.crowd import record_of
from tests.registry.search.gallery import Gallery, asker

ASK = Find(intent="sourdough bread")


async def found(gallery: Gallery, ask: Find = ASK) -> Matches:
    finder = gallery.finder
    query = finder.admit(asker(), ask)
    return finder.answer(asker(), query, ask, await gallery.library.meaning.vector(ask.intent))


async def test_an_endpoints_vectors_find_what_no_word_does_and_the_table_answers_when_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def vector(text: str) -> list[float]:
        return [1.0, 0.0] if "dirigible" in text or text == ASK.intent else [0.0, 1.0]

    async with serving(2) as server:
        monkeypatch.setattr(server, "vector", vector)
        gallery = Gallery(
            record_of("pilot", "a.example", Profile(description="Steers a dirigible")),
            record_of("baker", "a.example", Profile(description="Bakes sourdough bread")),
            settings=Settings(
                discovery_embedding_url=server.url,
                discovery_embedding_model="tiny",
                discovery_embedding_timeout_s=30.0,
            ),
        )
        meaning = gallery.library.meaning
        async with beside(meaning.run()):
            await until(lambda: meaning._remote and meaning._remote.counters["agents"] == 2)
            assert (await found(gallery)).matches[0].party == "pilot@a.example"
            server.status = 500
            answer = await found(gallery, Find(intent="who bakes sourdough?"))  # a vector that is not kept
            assert answer.matches[0].party == "baker@a.example"
