"""Made-up records of a run in which nothing went wrong, and ways to spoil them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from overlay.chaos.records import Accepted, Delivered, Record, Refused, Told, Tried

RECEIVERS = ("bob@b.example", "carol@a.example", "dave@c.example")


@dataclass(frozen=True)
class Sending:
    """One stream: how each message ended, in order."""

    stream: str
    to: tuple[str, ...]
    ends: tuple[str, ...]


ENDS = ("delivered", "refused", "refused-delivered", "told")

sendings = st.lists(
    st.tuples(
        st.lists(st.sampled_from(RECEIVERS), min_size=1, max_size=3, unique=True).map(tuple),
        st.lists(st.sampled_from(ENDS), min_size=1, max_size=12).map(lambda ends: ("delivered", *ends)),
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: [Sending(f"s{number}", to, ends) for number, (to, ends) in enumerate(rows)])


def history(sendings: list[Sending]) -> list[Record]:
    """Every message in its turn, a hundredth of a second after the one before."""
    records: list[Record] = []
    for sending in sendings:
        for number, end in enumerate(sending.ends, start=1):
            at = number / 100
            records.append(Tried(sending.stream, number, "alice@a.example", sending.to, at))
            if end.startswith("refused"):
                records.append(Refused(sending.stream, number, "not-stored", at))
            else:
                records.append(Accepted(sending.stream, number, at))
            if end == "told":
                records.append(Told(sending.stream, number, "timed-out", at))
            if end.endswith("delivered"):
                records += [
                    Delivered(sending.stream, number, receiver, f"{receiver}#1", at + 0.001)
                    for receiver in sending.to
                ]
    return records


def delivered(records: list[Record]) -> list[Delivered]:
    """Effects of messages that were accepted."""
    accepted = {(one.stream, one.number) for one in records if isinstance(one, Accepted)}
    return [one for one in records if isinstance(one, Delivered) and (one.stream, one.number) in accepted]
