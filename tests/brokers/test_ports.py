"""Ports: a free one, or why a given one is not."""

from __future__ import annotations

import socket

import pytest

from overlay.brokers.ports import check_port, free_port
from overlay.errors import BadSettings, Unavailable


def test_a_free_port_can_be_listened_on() -> None:
    check_port("127.0.0.1", free_port())


def test_no_port_is_given_twice_before_its_server_listens() -> None:
    given = [free_port() for _ in range(300)]
    assert len(set(given)) == len(given)


def test_a_taken_port_is_named_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port} .* choose another port"):
            check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadSettings, match="not an address of this machine"):
        free_port("192.0.2.1")


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(BadSettings, match="70000 is not a port"):
        check_port("127.0.0.1", 70000)
