"""Spanish words without their endings, roughly: all forms of a verb meet in one. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

_SHORTEST = 3
_CLITICS = re.compile(
    r"(?<=ar|er|ir)(?:[mts]e(?:l[aeo]s?)?|nos|l[aeo]s?)$|(?<=ndo)(?:[mts]e(?:l[aeo]s?)?|nos|l[aeo]s?)$"
)
_IMPERATIVE = re.compile(r"(?<=[aeinz])(?:(?:[mts]e|nos)(?:l[aeo]s?)?|l[aeo]s?)$")
_VERBAL = """
ariamos eriamos iriamos aremos eremos iremos abamos ieramos aramos asteis isteis
arian erian irian arias erias irias aria eria iria aran eran iran aras eras iras ara era ira
are ere ire ando iendo yendo ados idos adas idas ado ido ada ida aban abas aba iamos ian ias ia
aron ieron aste iste amos emos imos ais eis ar er ir an en as es os io a e o i
"""
_ENDINGS = tuple(sorted(_VERBAL.split(), key=len, reverse=True))


@lru_cache(maxsize=16384)
def singular(word: str) -> str:
    """Of a plural, the singular; anything else as it is."""
    if word.endswith("ces") and len(word) > 4:
        return word[:-3] + "z"
    if word.endswith("es") and len(word) > 4 and word[-3] in "bcdfgjlmnrsxyz":
        return word[:-2]
    return word[:-1] if word.endswith("s") and len(word) > 3 and word[-2] in "aeiou" else word


@lru_cache(maxsize=16384)
def root(word: str) -> str:
    """What the forms of a verb, and the nouns made of it, have in common (lower case, no accents)."""
    word = _CLITICS.sub("", word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)]
            break
    return _one_spelling(word)


def without_clitic(word: str) -> str | None:
    """`encuentra-me`, `cuenta-nos-lo`; None: nothing hangs on it."""
    free = _IMPERATIVE.sub("", word)
    return free if free != word and len(free) >= _SHORTEST else None


def without_diphthong(stem: str) -> str | None:
    """`encuentr` is a form of `encontr`, `recomiend` of `recomend`; None: there is none in it."""
    head, found, tail = stem.rpartition("ue")
    if found:
        return f"{head}o{tail}"
    head, found, tail = stem.rpartition("ie")
    return f"{head}e{tail}" if found else None


def _one_spelling(stem: str) -> str:
    """`busqu-e` and `busc-o`, `organic-e` and `organiz-o`, `pagu-e` and `pag-o` sound alike."""
    if stem.endswith("qu"):
        return stem[:-2] + "c"
    if stem.endswith("gu"):
        return stem[:-1]
    return stem[:-1] + "c" if stem.endswith("z") else stem
