"""Our certificate at a peer's broker is renewed over the link: its gateway is all we reach there (CA-5)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from bridges.frames.frame import LinkCertificate, LinkRequest
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.ports import LinkCertificates
from overlay.endpoint.background import beside
from overlay.errors import OverlayError
from overlay.settings import Settings


class LinkRenewal:
    """For one peer, both ways: we ask for our certificate there, and answer for its certificate here."""

    def __init__(
        self, link: Link, certificates: LinkCertificates, settings: Settings, counters: Counter[str]
    ) -> None:
        self._link = link
        self._certificates = certificates
        self._settings = settings
        self._counters = counters
        self._asked: asyncio.Queue[tuple[Line, bytes]] = asyncio.Queue(1)
        self._answered = float("-inf")
        self._waiting = False

    async def run(self) -> None:
        """Until cancelled."""
        async with beside(self._answer()):
            while True:
                await asyncio.sleep(self._settings.renew_check_s)
                self._ask()

    def request(self, line: Line, item: LinkRequest) -> None:
        """From a line: the peer wants its certificate at our broker renewed."""
        pause_s = min(self._settings.renew_check_s, self._settings.gateway_poll_s)
        if time.monotonic() - self._answered < pause_s or self._asked.full():
            self._counters["link-renewal-too-often"] += 1
        else:
            self._asked.put_nowait((line, item.csr))

    def certificate(self, _: Line, item: LinkCertificate) -> None:
        """From a line: what we asked for, or why not."""
        if not self._waiting:
            self._counters["link-certificate-not-asked-for"] += 1
            return
        self._waiting = False
        if item.refusal:
            self._counters["link-renewal-refused"] += 1
            self._link.note = f"its CA does not renew our link certificate: {item.refusal[:200]}"
            return
        try:
            self._certificates.keep(self._link.peer, item.certificate)
        except OverlayError as error:
            self._counters[f"link-certificate-{error.reason}"] += 1
        else:
            self._link.note = ""
            self._counters["link-renewed"] += 1

    def _ask(self) -> None:
        line = self._link.line
        if line is None:
            return
        try:
            csr = self._certificates.due(self._link.peer)
        except OverlayError as error:
            self._counters[f"link-certificate-{error.reason}"] += 1
            return
        if csr:
            self._waiting = True
            line.post(LinkRequest(csr))

    async def _answer(self) -> None:
        while True:
            line, csr = await self._asked.get()
            self._answered = time.monotonic()
            try:
                answer = LinkCertificate(await self._certificates.issue(self._link.domain, csr))
            except OverlayError as error:
                answer = LinkCertificate(b"", f"{error.reason}: {error}"[:500])
            if not line.over:
                line.post(answer)
