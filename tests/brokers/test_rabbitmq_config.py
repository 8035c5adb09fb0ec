"""What a RabbitMQ node is told, without starting one."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from overlay.brokers.rabbitmq_config import (
    RabbitLimits,
    RabbitPorts,
    advanced_config,
    definitions_json,
    epmd_command,
    node_environment,
    password_hash,
    rabbitmq_conf,
)
from overlay.errors import BadSettings
from overlay.naming.mailboxes import (
    mailboxes_of_agent,
    mailboxes_of_gateway,
    mailboxes_of_link,
    mailboxes_of_service,
)

PORTS = RabbitPorts(amqps=5671, management=15671, epmd=4370, distribution=25672)
LIMITS = RabbitLimits(
    max_message_bytes=1048576, channel_max=64, memory_share=0.4, disk_free_bytes=1000, consumer_timeout_s=1800
)
FOLDER = Path("/srv/broker")


def settings_of(text: str) -> dict[str, str]:
    """The lines of a rabbitmq.conf; each is `key = value` and stands once."""
    pairs = [line.split(" = ") for line in text.splitlines()]
    found = {pair[0]: pair[1] for pair in pairs}
    assert len(found) == len(pairs)
    return found


def test_only_certificates_of_the_own_ca_and_only_tls_get_in() -> None:
    found = settings_of(rabbitmq_conf(FOLDER, "127.0.0.1", PORTS, LIMITS))
    assert found["listeners.tcp"] == "none"
    assert found["listeners.ssl.1"] == "127.0.0.1:5671"
    assert found["ssl_cert_login_from"] == "common_name"
    assert [value for key, value in found.items() if key.startswith("auth_mechanisms")] == ["EXTERNAL"]
    assert {value for key, value in found.items() if ".versions." in key} == {"tlsv1.2", "tlsv1.3"}
    assert (found["management.ssl.ip"], found["management.ssl.port"]) == ("127.0.0.1", "15671")
    assert not [key for key in found if key.startswith(("management.tcp", "default_user"))]


def test_a_certificate_is_asked_for_and_looked_up_among_the_revoked() -> None:
    text = "".join(advanced_config(FOLDER).split())
    for term in (
        '{cacertfile,"/srv/broker/ca.pem"}',
        "{verify,verify_peer}",
        "{fail_if_no_peer_cert,true}",
        "{depth,1}",
        "{versions,['tlsv1.3','tlsv1.2']}",
        "{reuse_sessions,false}",
        '{crl_cache,{ssl_crl_hash_dir,{internal,[{dir,"/srv/broker/revoked"}]}}}',
    ):
        assert term in text


def test_limits_reach_the_node_in_its_own_units() -> None:
    found = settings_of(rabbitmq_conf(FOLDER, "::", PORTS, LIMITS))
    assert found["listeners.ssl.1"] == "[::]:5671"
    assert found["consumer_timeout"] == "1800000"
    assert (found["max_message_size"], found["channel_max"]) == ("1048576", "64")


def test_a_folder_that_would_break_a_line_is_refused() -> None:
    for name in ("with space", "hash#", "line\nlisteners.tcp.1 = 5672", "$HOME", "quo'te"):
        with pytest.raises(BadSettings, match=r"rabbitmq\.conf"):
            rabbitmq_conf(Path("/srv") / name, "127.0.0.1", PORTS, LIMITS)


def test_there_is_no_guest_and_only_the_administrator_has_a_password() -> None:
    users = {user["name"]: user for user in json.loads(definitions_json("a long secret"))["users"]}
    assert set(users) == {"ADMIN", "provisioner"}
    assert users["provisioner"]["password_hash"] == users["provisioner"]["tags"] == ""
    assert "a long secret" not in definitions_json("a long secret")


def test_the_hash_is_the_one_that_rabbitmq_checks() -> None:
    raw = base64.b64decode(password_hash("secret"))
    assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()


def test_the_provisioner_makes_queues_and_the_exchange_and_nothing_else() -> None:
    (rights,) = json.loads(definitions_json("x"))["permissions"]
    configure, write, read = (rights[key].replace(r"\z", r"\Z") for key in ("configure", "write", "read"))
    mailboxes = (
        *mailboxes_of_agent("a-b_c"),
        *mailboxes_of_gateway("gw"),
        *mailboxes_of_service("ca"),
        *mailboxes_of_link("link-x"),
    )
    for queue in (f"{mailbox.name}.{half}" for mailbox in mailboxes for half in ("rt", "rel")):
        assert re.search(configure, queue)
        assert re.search(write, queue)
        assert not re.search(read, queue)
    for name in ("", "amq.topic", "amq.default", "inbox", "inbox.alice.rt\n", "xinbox.alice", "ov\n"):
        assert not re.search(configure, name)
        assert not re.search(write, name)
    assert re.search(configure, "ov")
    assert re.search(read, "ov")
    assert not re.search(write, "ov")


def test_nothing_of_the_systems_own_rabbitmq_is_read_or_shared() -> None:
    environment = node_environment(FOLDER, "overlay-1", PORTS)
    assert environment["RABBITMQ_NODENAME"] == "overlay-1@localhost"
    for name in (
        "HOME",
        "RABBITMQ_ADVANCED_CONFIG_FILE",
        "RABBITMQ_CONFIG_FILES",
        "RABBITMQ_MNESIA_BASE",
        "RABBITMQ_LOG_BASE",
    ):
        assert environment[name].startswith("/srv/broker")
    assert "inet_dist_use_interface {127,0,0,1}" in environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert epmd_command(Path("/usr/bin/epmd"), PORTS)[1:] == ("-port", "4370", "-address", "127.0.0.1")
