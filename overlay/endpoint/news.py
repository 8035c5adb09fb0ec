"""News for every process of the domain: signed statements, told to whoever takes an interest here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from overlay.errors import OverlayError
from overlay.naming.subjects import NEWS, ToAll, parse_subject
from overlay.transport.contract import Delivery, OnDelivery, OnError

OnNews = Callable[[bytes], None]
"""Checks the statement before it believes it: the broker's word on who sent it is no proof. What it raises
(OverlayError) is counted.
"""
_PREFIX = f"{NEWS}."


class News:
    """By topic and by the service that tells it."""

    def __init__(self, counters: Counter[str], on_error: OnError) -> None:
        self._counters = counters
        self._on_error = on_error
        self._interested: dict[tuple[str, str], OnNews] = {}

    def on(self, topic: str, sender: str, handler: OnNews) -> None:
        """From now on `handler` is told of `topic` by `sender`."""
        self._interested[topic, sender] = handler

    def sift(self, others: OnDelivery) -> OnDelivery:
        """A handler of deliveries that keeps the news and gives all others to `others`."""

        def deliver(delivery: Delivery) -> Awaitable[None] | None:
            if delivery.subject.startswith(_PREFIX):
                self._heard(delivery)
                return None
            return others(delivery)

        return deliver

    def _heard(self, delivery: Delivery) -> None:
        try:
            subject = parse_subject(delivery.subject)
            handler = self._interested.get(_key(subject)) if isinstance(subject, ToAll) else None
            if handler is not None:
                handler(delivery.payload)
        except OverlayError as error:
            counter = f"news-{error.reason}"
            self._counters[counter] += 1
            if self._counters[counter] == 1:  # or one who forges could fill the log of every process
                self._on_error(f"news on {delivery.subject} (told once, then counted)", error)


def _key(subject: ToAll) -> tuple[str, str]:
    return subject.topic, subject.sender
