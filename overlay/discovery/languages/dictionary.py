"""Our dictionaries, as they are read from their files: what a phrase means in English. Pure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from overlay.discovery.languages.meaning import Dictionary


@cache
def dictionary(language: str) -> Dictionary:
    """The dictionary of `es` or `zh`; read once."""
    file = files(__package__) / f"{language}.tsv"
    lines = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {phrase: tuple(english.split()) for phrase, english in lines}
