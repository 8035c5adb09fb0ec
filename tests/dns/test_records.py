"""The records of a domain: what they say is read as it was written, and what is missing is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.dns.formats import Format, as_text
from overlay.dns.records import publication, quoted
from overlay.dns.root_digest import is_among, parse_digest, root_digest
from overlay.dns.statement import Statement, statement_of
from overlay.domain.peering_file import in_turn
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.transport.address import BrokerAddress
from overlay.trust.bundle import fingerprint
from tests.memory_domain import MemoryDomain

DIGEST = "sha256:" + "ab" * 32
GATEWAY = PartyId("gw", "b.example")


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=8, unique=True),
    st.sampled_from(["", "https://b.example/.well-known/", "https://www.b.example:8443/x%20y/"]),
)
def test_a_statement_in_strings_of_255_bytes_is_read_as_it_was_written(roots: list[bytes], web: str) -> None:
    said = Statement(GATEWAY, tuple(f"sha256:{root.hex()}" for root in roots), web)
    strings = quoted(said.text).removeprefix('"').removesuffix('"').split('" "')
    assert max(len(one) for one in strings) <= 255
    assert statement_of("b.example", ["v=spf1 -all", "".join(strings)]) == said


def test_other_records_at_that_name_say_nothing() -> None:
    assert statement_of("b.example", ["v=overlay10; gw=x", "", "v=spf1"]) is None


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([f"v=overlay1; gw=gw@c.example; root={DIGEST}"], "speaks for c.example"),
        ([f"v=overlay1; gw=gw@b.example; root={DIGEST}"] * 2, "2 records"),
        (["v=overlay1; gw=gw@b.example"], "names 0"),
        ([f"v=overlay1; gw=gw@b.example; root={DIGEST[:39]}"], "half a digest"),
        ([f"v=overlay1; root={DIGEST}"], "one gw="),
        ([f"v=overlay1; gw=gw@b.example; root={DIGEST}; web=http://b.example/"], "https://host/path/"),
        ([f"v=overlay1; gw=gw@b.example; nonsense; root={DIGEST}"], "no key=value"),
    ],
)
def test_a_record_that_cannot_be_believed_is_refused_in_words(texts: list[str], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        statement_of("b.example", texts)


def test_each_broker_that_has_a_name_gets_an_srv_record_and_the_others_are_told() -> None:
    urls = (
        "tls://one.b.example:4222",
        "tls://localhost:4222",
        "tls://10.0.0.1:4222",
        "amqps://two.b.example",
    )
    found = publication(Statement(GATEWAY, (DIGEST,)), [BrokerAddress.parse(url) for url in urls])
    services = [(one.name, one.data) for one in found.records if one.kind == "SRV"]
    assert services == [
        ("_overlay-nats._tcp.b.example.", "10 10 4222 one.b.example."),
        ("_overlay-amqps._tcp.b.example.", "40 10 5671 two.b.example."),
    ]
    notes = "\n".join(found.missing)
    assert "tls://localhost:4222 is this machine only" in notes
    assert "tls://10.0.0.1:4222 is an address" in notes
    text = as_text(found, Format.COMMANDS, 60)
    assert "update add _overlay-nats._tcp.b.example. 60 SRV 10 10 4222 one.b.example.\n" in text
    assert all(line.startswith(("; ", "update ", "send")) for line in text.splitlines())


def test_a_domain_that_listens_on_this_machine_only_is_told_that_nobody_reaches_it() -> None:
    found = publication(Statement(GATEWAY, (DIGEST,)), [BrokerAddress.parse("tls://127.0.0.1:4222")])
    assert [one.kind for one in found.records] == ["TXT"]
    assert any("no broker of this domain can be reached" in note for note in found.missing)


def test_how_to_write_the_files_is_said_until_they_are_written() -> None:
    said = Statement(GATEWAY, (DIGEST,))
    told = ["\n".join(publication(said, [], written=written).missing) for written in (False, True)]
    assert ["--web FOLDER" in one for one in told] == [True, False]
    assert all("has to be served under https://" in one for one in told)


def test_a_digest_counts_whole_or_as_people_compare_it_and_for_its_own_root_only() -> None:
    (ours,), (other,) = (MemoryDomain(name).bundle.roots for name in ("b.example", "c.example"))
    for text in (root_digest(ours), root_digest(ours).upper().replace("SHA256", "sha256"), fingerprint(ours)):
        assert is_among(ours, [parse_digest(text)])
        assert not is_among(other, [parse_digest(text)])
    with pytest.raises(BadInput, match="no fingerprint"):
        parse_digest("sha256:" + "a" * 31)


def test_brokers_that_the_dns_names_are_dialled_first_with_the_virtual_host_of_the_file() -> None:
    found = [BrokerAddress.parse(url) for url in ("amqps://new.b.example", "tls://nats.b.example")]
    told = ("amqps://old.b.example:5671/overlay",)
    assert in_turn(found, told) == ("amqps://new.b.example:5671/overlay", *told)
