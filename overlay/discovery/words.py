"""A text's words, in whatever language it is. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from overlay.discovery.stems import stem

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Scripts that are written without spaces (Korean has some, but glues its particles to the words)."""
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_WRITTEN_ALONE = re.compile(rf"[{_HAN}]")
_HUMP = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])"
)
_APOSTROPHES = re.compile(r"[’'`]s?\b")
_LONGEST = 40

_ASKING = """
a about after again all already also always am an and any anyone anything are as asap assist assistance at
be because been before being but by can cannot come could couldn curious d did didn do does doesn doing
don else ever every everyone everything for from get gets getting give gives going got gotta had has have
haven having he hello help helping helps her here hey hi him his how however i if im in into is isn it its
itself ive just know like ll looking lot m make me might mine more most much must my myself need needed
needs never no not now of ok okay on one only or other our ours out over please possible quite re really
regarding s same seem she should show so some somebody someone something somewhere still such sure t tell
than thank thanks that the their them then there these they thing things this those through to too trying
ugh us use using ve very want wanted wanting wants was wasn way we were what whatever when where whether
which while who whose why will with within without won wonder wondering would yet you your yours
"""
FILLER = frozenset(_ASKING.split())
"""Words with which people ask, that say nothing of what they ask for."""


def words(text: str) -> list[str]:
    """Lower case, without accents; a run of Chinese, Japanese or Korean is one word."""
    plain = _APOSTROPHES.sub(" ", text)
    if plain.isascii():  # most texts are: there is nothing to take off
        plain = plain.lower()
    else:
        plain = unicodedata.normalize("NFKD", plain).casefold()
        plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
    return [word[:_LONGEST] for word in _WORD.findall(plain)]


def parts_of_name(name: str) -> str:
    """A name as people read it: `CheckMyIP_v2` is `Check My IP v 2`."""
    return _HUMP.sub(" ", name.replace("_", " ").replace("-", " ").replace(".", " "))


def terms(text: str) -> list[str]:
    """What of a text is looked up: stems, without filler; pairs of characters where there are no spaces."""
    return [term for word in words(text) for term in terms_of(word)]


@lru_cache(maxsize=65536)
def terms_of(word: str) -> tuple[str, ...]:
    """What one word (as `words` gives it) is looked up by."""
    if _WRITTEN_ALONE.match(word):
        return tuple(word[at : at + 2] for at in range(max(1, len(word) - 1)))
    return () if word in FILLER else (stem(word),)
