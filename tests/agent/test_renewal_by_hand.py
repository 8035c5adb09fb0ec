"""An agent is renewed by hand, after it was off (CA-5)."""

from __future__ import annotations

from pathlib import Path

from overlay.agent.errand import errand
from overlay.agent.new_certificate import renew
from overlay.endpoint.home import Home
from tests.ca.rollover_domain import RolloverDomain


async def test_an_agent_that_was_off_when_the_root_was_replaced_is_renewed(tmp_path: Path) -> None:
    domain = RolloverDomain(tmp_path)
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        home = Home(tmp_path / "alice")
        home.save(alice.credentials, domain.memory.card)
        await domain.issue_from_now(boss)
        party = home.load(alice.settings, domain.clock)
        async with errand(party, home, connect=domain.memory.connect) as endpoint:
            renewed = await renew(endpoint, home)
        new_root = domain.roots.load()[0].root
        assert renewed.credentials.certificate.issuer == new_root.subject
        assert home.load(alice.settings, domain.clock).credentials.identity == renewed.credentials.identity
