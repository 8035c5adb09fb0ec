"""The one line that a newcomer is given."""

from __future__ import annotations

import pytest

from overlay.ca.applications.application import Application
from overlay.ca.applications.join_token import JoinToken, parse_token, print_token
from overlay.errors import BadInput

TERMS = Application(organisation="acme", skills=("net.fault",))
TOKEN = JoinToken(b"card", b"certificate", b"key", "alice", TERMS, 1.5)


def test_a_printed_token_parses_to_itself_even_when_an_e_mail_wrapped_it() -> None:
    text = print_token(TOKEN)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert parse_token(f"  {text[:20]}\n{text[20:]}\n") == TOKEN


def test_a_token_that_was_cut_off_says_so() -> None:
    with pytest.raises(BadInput, match="copy the whole line again"):
        parse_token(print_token(TOKEN)[:-3])


def test_a_token_with_one_other_letter_is_refused() -> None:
    text = print_token(TOKEN)
    other = "A" if text[30] != "A" else "B"
    with pytest.raises(BadInput, match="copy the whole line again"):
        parse_token(text[:30] + other + text[31:])


@pytest.mark.parametrize("text", ["", "this is no token!", "ä" * 20])
def test_other_text_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(BadInput, match="copy the whole line"):
        parse_token(text)
