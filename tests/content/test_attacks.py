"""Who was offered nothing gets nothing; and a holder that lies is found out before anything is believed."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.content.file_ref import FileRef
from overlay.content.packing import packed, unpacked
from overlay.content.part_file import PartFile
from overlay.content.talk import AskChunk, Chunk, decode_answer, decode_question, encode_talk
from overlay.endpoint.message import Message
from overlay.errors import BadInput, NotFound, OverlayError, TooLarge, Unavailable, Untrusted
from tests.content.exchange import CHUNK, LIMIT_S, Exchange

NAME = "trace.pcap"
Answering = Callable[[Message], Awaitable[bytes | None]]


def changing(handle: Answering, change: Callable[[Chunk], Chunk], times: int) -> Answering:
    """Answers with other chunks, so many times."""
    left = [times]

    async def answer(message: Message) -> bytes:
        said = decode_answer(await handle(message) or b"")
        if isinstance(said, Chunk) and left[0]:
            left[0] -= 1
            return encode_talk(change(said))
        return encode_talk(said)

    return answer


async def test_a_stolen_reference_opens_nothing_and_being_named_alone_neither(
    tmp_path: Path,
) -> None:  # GW-17
    exchange = Exchange(tmp_path)
    async with exchange.at_work("alice") as alice, exchange.at_work("mallory") as mallory:
        async with asyncio.timeout(LIMIT_S):
            ref = await alice.offers(exchange.file(), "bob@a.example", "b.example")
            others = await alice.offers(exchange.file(name="other"), "mallory@a.example")
            for stolen in (ref, msgspec.structs.replace(ref, key=others.key)):
                with pytest.raises(NotFound, match="no such file here for you"):
                    await mallory.fetches(stolen)
            with pytest.raises(NotFound, match="no such file here for you"):  # another's, by one's own key
                await mallory.fetches(msgspec.structs.replace(others, id=ref.id))
            with pytest.raises(NotFound, match="no such file here for you"):
                await mallory.fetches(msgspec.structs.replace(others, key="0" * 32))
            got = await mallory.fetches(others)
    assert got.name == "other"
    assert alice.endpoint.counters["file-not-offered"] >= 4
    assert not (mallory.inbox / NAME).exists()


async def test_nobody_asks_for_more_than_chunks_of_a_file(tmp_path: Path) -> None:  # GW-17
    exchange = Exchange(tmp_path)
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        ref = await alice.offers(exchange.file(), "bob@a.example")

        async def ask(body: bytes) -> bytes:
            message = await bob.endpoint.ask(alice.endpoint.me, body, topic="overlay.file", timeout_s=LIMIT_S)
            return message.body

        for index in (ref.count, -1, 2**40):
            with pytest.raises(BadInput, match="has no chunk"):
                await ask(encode_talk(AskChunk(ref.id, ref.key, index)))
        for body in (b"", b"../../etc/passwd", msgspec.msgpack.encode(["x", ref.id, ref.key, 0])):
            with pytest.raises(BadInput, match="asks for nothing of a file"):
                await ask(body)
        said = decode_answer(await ask(encode_talk(AskChunk("../" * 10 + "x" * 2, ref.key, 0))))
    assert "no such file" in str(said)


@pytest.mark.parametrize(
    "name",
    ["../x", "..", ".", "", " ", "a/b", "a\\b", "/etc/passwd", "C:x", "a\0b", "a\nb", "x" * 256, "\ud800"],
)
def test_no_name_of_a_file_is_a_path(name: str) -> None:  # GW-17
    ref = FileRef("0" * 32, "1" * 32, "alice@a.example", "x", 1, "2" * 64, 1024, "3" * 64)
    with pytest.raises(BadInput, match="not the name of a file"):
        msgspec.structs.replace(ref, name=name)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=50), st.dictionaries(st.text(max_size=10), st.text(max_size=5), max_size=4))
def test_what_anybody_says_of_files_is_understood_or_a_clear_error(
    data: bytes, said: dict[str, str]
) -> None:  # GW-17
    for read in (decode_question, decode_answer, FileRef.decode):
        for words in (data, msgspec.json.encode(said), msgspec.msgpack.encode(said)):
            try:
                read(words)
            except BadInput:
                continue


async def test_one_wrong_chunk_is_asked_for_again_and_too_many_end_it(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    path, bomb = exchange.file(), zlib.compress(bytes(5_000_000))
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(2 * LIMIT_S):
            ref = await alice.offers(path, "bob@a.example")
            handle = alice.answers
            alice.answers = changing(handle, lambda one: Chunk(one.data[::-1]), 2)
            assert (await bob.fetches(ref)).read_bytes() == path.read_bytes()
            (bob.inbox / NAME).unlink()
            for change in (
                lambda one: Chunk(one.data[::-1]),
                lambda one: Chunk(one.data + b"x"),
                lambda one: Chunk(bomb, packed=True),
            ):
                alice.answers = changing(handle, change, 1000)
                with pytest.raises(Untrusted):
                    await bob.fetches(ref)
    assert not (bob.inbox / NAME).exists()


async def test_a_reference_that_lies_about_size_or_digest_is_found_out(tmp_path: Path) -> None:  # AG-8
    exchange = Exchange(tmp_path)
    async with exchange.at_work("alice") as alice, exchange.at_work("bob") as bob:
        async with asyncio.timeout(LIMIT_S):
            ref = await alice.offers(exchange.file(), "bob@a.example")
            lies: list[tuple[dict[str, object], type[OverlayError]]] = [
                ({"size": ref.size + CHUNK}, Untrusted),
                ({"size": 10 * CHUNK}, Untrusted),
                ({"size": 2**60}, TooLarge),
                ({"chunks": "0" * 64}, Untrusted),
                ({"digest": hashlib.sha256(b"").hexdigest()}, Untrusted),
            ]
            for lie, error in lies:
                with pytest.raises(error):
                    await bob.fetches(msgspec.structs.replace(ref, **lie))
    assert not (bob.inbox / NAME).exists()


def test_a_file_that_the_disk_has_no_room_for_is_not_begun(tmp_path: Path) -> None:  # AG-8
    huge = FileRef("0" * 32, "1" * 32, "bob@a.example", "huge", 2**60, "2" * 64, 4 * 1024 * 1024, "3" * 64)
    with PartFile(tmp_path / "huge", huge) as part, pytest.raises(Unavailable, match="has room for"):
        part.begin(bytes(32), set())


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200), st.integers(1, 5000))
def test_a_packed_chunk_never_becomes_more_than_it_should(data: bytes, length: int) -> None:  # AG-8
    plain = data * 40
    small = packed(plain)
    if small is not None:
        assert unpacked(small, len(plain)) == plain
        if length != len(plain):
            with pytest.raises(Untrusted):
                unpacked(small, length)
    with pytest.raises(Untrusted):
        unpacked(b"\x00" + data, length)
