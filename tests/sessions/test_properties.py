"""Whatever crashes between steps: each participant has each event once, in one order (AG-2)."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.clock import system_clock
from overlay.errors import OverlayError
from overlay.quality.quality import Quality
from overlay.sessions.book import Book
from overlay.sessions.company import Company
from overlay.sessions.protocol import Kind
from overlay.settings import Settings

CHANNEL = "case@a.example"
PARTIES = ("alice@a.example", "bob@b.example", "carol@a.example")
SMALL = Settings(session_page=3)


class Party:
    """A participant: it numbers what it says itself; its state is what it counted, once each."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.to_say = 0
        """On its own disk, written before it is said."""
        self.counted: list[int] = []
        self.upto = 0

    async def says(self, book: Book, *, lost: bool) -> int:
        """`lost`: the answer does not come, and it says the same again later."""
        event = f"{self.name} {self.to_say}".encode().ljust(16, b".")[-16:]
        taken = await book.append(CHANNEL, (Kind.SAID, self.name, event, event))
        if not lost:
            self.to_say += 1
        return taken.number

    async def reads(self, book: Book, *, dies: bool) -> None:
        """A page from where it is; what it counts is kept with its number, or lost with it."""
        page = book.read(CHANNEL, self.upto, 0)
        for line in page.lines:
            self.counted.append(line.number)
            self.upto = line.number
        if not dies:
            await book.keep(CHANNEL, self.name, self.upto, ",".join(map(str, self.counted)).encode())

    async def resumes(self, book: Book) -> None:
        """Another process of it."""
        kept = book.checkpoint(CHANNEL, self.name)
        self.counted = [int(word) for word in kept.data.decode().split(",") if word]
        self.upto = kept.number


def company(parties: tuple[str, ...]) -> Company:
    there = frozenset(parties)
    rank = (1, len(parties), len(parties))
    return Company(CHANNEL, 1, PARTIES[0], (), there, there, there, 0, 0.0, rank)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say, unheard", "read", "read and die", "service dies", "roster"]),
        st.integers(0, 2),
    ),
    max_size=20,
)


@settings(deadline=None, max_examples=15)
@given(STEPS)
def test_nothing_is_missed_and_nothing_comes_twice_whatever_dies(steps: list[tuple[str, int]]) -> None:
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        book = _open(path)
        parties = [Party(name) for name in PARTIES]
        said: dict[int, str] = {}
        await book.know(company(PARTIES))
        await book.open(company(PARTIES), Quality(), 0.0)
        for what, who in steps:
            party = parties[who]
            match what:
                case "say" | "say, unheard":
                    number = await party.says(book, lost=what != "say")
                    assert said.setdefault(number, party.name) == party.name
                case "read" | "read and die":
                    await party.reads(book, dies=what == "read and die")
                    if what == "read and die":
                        await party.resumes(book)
                case "service dies":
                    crashed = _copy(path, Path(folder))  # as the disk is now, without its closing anything
                    await book.close()
                    book, path = _open(crashed), crashed
                case "roster":
                    await book.know(company(PARTIES[: who + 1]))
                    await book.know(company(PARTIES))
        for party in parties:
            await party.says(book, lost=False)
            await party.resumes(book)
            while book.read(CHANNEL, party.upto, 0).lines:
                page = book.read(CHANNEL, party.upto, 0)
                party.counted += [line.number for line in page.lines]
                party.upto = party.counted[-1]
            assert party.counted == list(range(1, party.upto + 1))
        lines = [
            line for after in range(0, parties[-1].upto, 3) for line in book.read(CHANNEL, after, 3).lines
        ]
        ids = [(line.sender, line.id) for line in lines if line.kind is Kind.SAID]
        assert len(ids) == len(set(ids)) == sum(party.to_say for party in parties)
        await book.close()


def _open(path: Path) -> Book:
    return Book(path, SMALL, system_clock, _raise)


def _copy(path: Path, folder: Path) -> Path:
    target = folder / f"{path.stem}x.db"
    for end in ("", "-wal"):
        source = Path(f"{path}{end}")
        if source.exists():
            Path(f"{target}{end}").write_bytes(source.read_bytes())
    sqlite3.connect(target).close()
    return target


def _raise(where: str, error: Exception) -> None:
    raise OverlayError(where) from error
