"""Files go from agent to agent in chunks, and go on after a break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from overlay.errors import BadInput, NotFound, Unavailable
from overlay.transport.contract import Delivery
from tests.content.exchange import CHUNK, LIMIT_S, Exchange


def every(nth: int) -> Callable[[Delivery], bool]:
    """Loses each so many-th message of low priority."""
    numbers = count(1)
    return lambda delivery: ".bulk." in delivery.subject and next(numbers) % nth == 0


async def test_a_file_arrives_whole_under_its_name_at_each_who_was_named(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file()
    work = exchange.at_work
    async with work("alice") as alice, work("bob") as bob, work("carol") as carol, asyncio.timeout(LIMIT_S):
        ref = await alice.offers(path, "bob@a.example", "carol@a.example")
        told: list[tuple[int, int]] = []
        got = await asyncio.gather(
            bob.fetches(ref, lambda there, size: told.append((there, size))), carol.fetches(ref)
        )
    assert [one.name for one in got] == ["trace.pcap"] * 2
    assert [one.read_bytes() for one in got] == [path.read_bytes()] * 2
    assert told == sorted(told)
    assert told[-1] == (ref.size, ref.size)
    assert [entry.name for entry in bob.inbox.iterdir()] == ["trace.pcap"]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
async def test_a_file_of_any_size_arrives(tmp_path: Path, size: int) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file(size)
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            got = await bob.fetches(await alice.offers(path, "a.example"))
    assert got.read_bytes() == path.read_bytes()
    assert alice.asked == -(-size // CHUNK) + (size > CHUNK)  # and the digests of several


async def test_text_is_packed_on_its_way_and_what_is_packed_already_is_not(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path, file_chunk_bytes=64 * CHUNK)
    path = tmp_path / "log.txt"
    path.write_text("the line is dead since noon\n" * 8000)
    carried: dict[str, int] = {}
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            for media_type in ("text/plain", "application/zip"):
                exchange.domain.broker.sent.clear()
                ref = await alice.offers(path, "bob@a.example", media_type=media_type)
                got = await bob.fetches(ref)
                assert got.read_bytes() == path.read_bytes()
                got.unlink()
                carried[media_type] = sum(len(one.payload) for one in exchange.domain.broker.sent)
    assert carried["text/plain"] * 10 < carried["application/zip"]


async def test_chunks_that_are_lost_are_asked_for_again(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file()
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            ref = await alice.offers(path, "bob@a.example", media_type="video/mp4")
            exchange.domain.broker.lose = every(9)
            got = await bob.fetches(ref)
    assert got.read_bytes() == path.read_bytes()
    assert bob.endpoint.counters["file-chunk-again"] > 0


async def test_a_holder_that_restarts_is_asked_on(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file()
    begun = asyncio.Event()

    def progress(there: int, _size: int) -> None:
        if there > 8 * CHUNK:
            begun.set()

    async with exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            async with exchange.at_work("alice") as alice:
                ref = await alice.offers(path, "bob@a.example")
                fetching = asyncio.create_task(bob.fetches(ref, progress))
                await begun.wait()
            async with exchange.at_work("alice"):
                got = await fetching
    assert got.read_bytes() == path.read_bytes()


async def test_a_receiver_that_restarts_asks_only_for_what_is_missing(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file()
    begun = asyncio.Event()

    def progress(there: int, _size: int) -> None:
        if there > 20 * CHUNK:
            begun.set()

    async with exchange.at_work("alice") as alice, asyncio.timeout(LIMIT_S):
        ref = await alice.offers(path, "bob@a.example")
        async with exchange.at_work("bob") as bob:
            fetching = asyncio.create_task(bob.fetches(ref, progress))
            await begun.wait()
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
        part = bob.inbox / "trace.pcap.part"
        data = bytearray(part.read_bytes())
        data[: CHUNK // 2] = bytes(CHUNK // 2)  # the machine broke down, too: a chunk is not on its disk
        part.write_bytes(data)
        alice.asked = 0
        async with exchange.at_work("bob") as bob:
            got = await bob.fetches(ref)
    assert got.read_bytes() == path.read_bytes()
    assert 0 < alice.asked <= ref.count - 20 + 1


async def test_what_is_here_already_is_not_fetched_and_nothing_is_written_over(
    tmp_path: Path,
) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            ref = await alice.offers(exchange.file(), "bob@a.example")
            got = await bob.fetches(ref)
            alice.asked = 0
            assert await bob.fetches(ref) == got
            got.write_text("something else")
            with pytest.raises(BadInput, match="is another file"):
                await bob.fetches(ref)
    assert alice.asked == 0
    assert got.read_text() == "something else"


async def test_without_a_holder_fetching_ends_after_the_named_time_and_says_how_it_goes_on(
    tmp_path: Path,
) -> None:  # AG-8
    exchange = Exchange(tmp_path, file_outage_s=0.2)
    async with exchange.at_work("bob") as bob:
        async with exchange.at_work("alice") as alice:
            ref = await alice.offers(exchange.file(), "bob@a.example")
        with pytest.raises(Unavailable, match="goes on from here"):
            await bob.fetches(ref)


async def test_a_file_that_was_changed_is_not_given_any_more(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path = exchange.file()
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            ref = await alice.offers(path, "bob@a.example")
            with path.open("r+b") as file:
                file.write(b"changed")
            with pytest.raises(NotFound, match="was changed since it was offered"):
                await bob.fetches(ref)
    assert alice.endpoint.counters["file-changed"] > 0


async def test_an_offer_outlives_its_process_and_ends_when_it_is_over(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    async with exchange.at_work("alice") as alice:
        ref = await alice.offers(exchange.file(), "a.example", "b.example")
        over = await alice.files.offer(exchange.file(name="old"), ("c.example",), "", 0.001)
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            assert alice.lent == ["b.example"]
            await bob.fetches(ref)
            with pytest.raises(NotFound, match="no such file"):
                await bob.fetches(over)
            await alice.files.withdraw(ref)
            (bob.inbox / ref.name).unlink()
            with pytest.raises(NotFound, match="no such file"):
                await bob.fetches(ref)
    assert alice.lent == []
