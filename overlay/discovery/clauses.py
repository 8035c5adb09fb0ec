"""Where one sentence may say several needs: cut at conjunctions, what is shared added to each piece. Pure."""

from __future__ import annotations

import re

from overlay.discovery.words import FILLER, words

_COMMON_VERBS = """
add analyse analyze apply ask book build buy calculate call cancel change check compare compose contact
convert cook create cut debug delete deploy design diagnose download draft draw edit fetch explain
extract file find fix generate hire improve install learn listen look mail make manage merge monitor open
optimise optimize order organise organize pay plan play post practise practice prepare print publish read
recommend record remind remove rent repair reserve review run save scan schedule search sell send share
show solve sort split start suggest summarise summarize teach track transcribe translate update upload
verify view visit watch write
"""
_VERBS = frozenset(_COMMON_VERBS.split())
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|[。！？；\n]+")
_JOINT = re.compile(
    r"\s*,?\s+(?:and\s+also|and\s+then|and\s+even|as\s+well\s+as|along\s+with|together\s+with"
    r"|in\s+addition\s+to|and|plus|also|y\s+también|y\s+además|y\s+luego|así\s+como|además\s+de|además|también|y|e)\s+"
    r"|\s*,\s+(?:then|luego)\s+|\s*,\s+(?=(?:" + "|".join(_COMMON_VERBS.split()) + r")\b)"
    r"|[，、,]?(?:并且|以及|同时|还有|另外|此外|而且|然后|和|并|还|及)|[，、]",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"""
    \b(?:between|entre)\s+[^,.;]+?\s(?:and|y|e)\s+\S+
    | \b(?:rock|black|back|trial|pros|profit|supply|drag|cut|copy|buy|buying|search|research|mergers|arts|lost
        |food|bed|terms|health|questions?|law|salt|fish|mac|dungeons|hide|truth|date|time|sales|hardware|men
        |boys|mom|mum|husband|wife|each|more|again|safe|now|here|ups|ins|first|name|names|war|compra)
      \s(?:and|y|or|n|&)\s
      (?:roll|white|forth|error|cons|loss|demand|drop|paste|sell|selling|rescue|development|acquisitions
        |crafts|found|drinks?|breakfast|conditions|safety|answers?|order|pepper|chips|cheese|dragons|seek
        |dare|time|date|marketing|software|women|girls|dad|wife|husband|every|more|again|sound|then|there
        |downs|outs|foremost|address|addresses|peace|venta)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EXAMPLES = re.compile(
    r"\b(?:including|such as|for example|e\.g\.|like|como|por ejemplo|incluyendo)\s.*|例如.*|比如.*"
)
"""Of one need, not more needs."""
_GLUE = "\u2060"
"""Stands for a space where nothing may be cut."""
_AT_THE_END = re.compile(
    r"\s((?:at|in|near|around|for|from|en|cerca de|para)\s+(?:(?:my|the|our|mi|el|la)\s+)?"
    r"[^\s,]+(?:\s+[^\s,]+)?)[.!?]*$",
    re.IGNORECASE,
)
_MOST = 5


def clauses(text: str) -> list[str]:
    """Pieces that may each be a need; one: there is nothing to cut."""
    glued = text
    for one_thing in (_EXAMPLES, _TOGETHER):
        glued = one_thing.sub(lambda found: found.group().replace(" ", _GLUE), glued)
    pieces = [
        piece.replace(_GLUE, " ").strip(" ,.;!?¿¡，。")
        for sentence in _SENTENCE.split(glued)
        for piece in _JOINT.split(sentence)
    ]
    return _whole([piece for piece in pieces if piece])[:_MOST]


def with_context(pieces: list[str]) -> list[str]:
    """Each piece with what the first says for all (a verb) and what the last does (where, for whom)."""
    verb = _first_verb(pieces[0])
    found = _AT_THE_END.search(pieces[-1])
    place = found.group(1) if found else ""
    return [_completed(piece, verb, place) for piece in pieces]


def _completed(piece: str, verb: str, place: str) -> str:
    if verb and not _first_verb(piece):
        piece = f"{verb} {piece}"
    if place and not _AT_THE_END.search(piece):
        piece = f"{piece} {place}"
    return piece


def _first_verb(piece: str) -> str:
    said = [word for word in words(piece) if word not in FILLER]
    return said[0] if said and said[0] in _VERBS else ""


def _whole(pieces: list[str]) -> list[str]:
    """What says nothing, or only what to do with what comes next, belongs to the next piece."""
    found: list[str] = []
    before = ""
    for piece in pieces:
        so_far = f"{before} {piece}".strip()
        said = [word for word in words(so_far) if word not in FILLER]
        if not said or (len(said) == 1 and said[0] in _VERBS):
            before = so_far
        else:
            found.append(so_far)
            before = ""
    if before and found:
        found[-1] = f"{found[-1]} {before}"
    return found or [before]
