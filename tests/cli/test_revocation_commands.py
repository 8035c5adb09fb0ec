"""`overlay agent revoke`, `overlay ca restore` and `crl`, and `overlay bench revocation`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509

from overlay.domain.residents import resident
from tests.live_domain import LiveDomain, fresh, overlay


@pytest.mark.timeout(300)
async def test_an_agent_ends_itself_and_comes_back_into_its_own_home(
    live: LiveDomain, tmp_path: Path
) -> None:  # CA-6, CA-7
    name, home = fresh("quitter"), ("--home", live.home)
    own = str(await resident(live.folder, name, ()))
    ended = await overlay("agent", "revoke", "--agent-home", own, "--yes", "--reason", "key-compromise")
    assert (ended.code, ended.out) == (0, f"revoked: {name}@live.example\n"), ended.err
    file = tmp_path / "list.crl"
    listed = await overlay("ca", "crl", "--output", str(file), "--json", *home)
    found = json.loads(listed.out)
    assert x509.load_pem_x509_crl(file.read_bytes()).next_update_utc is not None
    status = json.loads((await overlay("ca", "status", name, "--json", *home)).out)
    assert (status["state"], status["reason"]) == ("revoked", "key-compromise")
    (entry,) = (one for one in found["lists"][0]["revoked"] if one["serial"] == status["serial"])
    assert (entry["reason"], entry["revoked_at"]) == (status["reason"], int(status["revoked_at"]))
    restored = json.loads((await overlay("ca", "restore", name, "--json", *home)).out)
    assert restored["new_key"]
    assert restored["home"] == own
    (tmp_path / "token").write_text(restored["token"] + "\n")
    back = await overlay("agent", "join", own, "--token-file", str(tmp_path / "token"))
    assert (back.code, "is a member" in back.out) == (0, True), back.err
    asked = await overlay("agent", "ask", fresh("cli.nobody"), "?", "--as", name, *home)
    assert (asked.code, "nobody who is online offers" in asked.err) == (1, True), asked.err


@pytest.mark.timeout(300)
async def test_the_time_to_revoke_keeps_its_contract() -> None:  # CA-8
    end = await overlay("bench", "revocation", "--count", "1", "--commands", "0", "--json")
    assert end.code == 0, end.err
    found = json.loads(end.out)
    assert (found["scenario"], found["received"], found["errors"]) == ("revocation", 1, 0)
    stages = ("connection_closed", "publish_refused", "registry_gone", "peer_refuses", "recovery")
    for stage in stages:
        assert 0 < found["stages"][stage]["p50"] <= found["stages"][stage]["max"]
