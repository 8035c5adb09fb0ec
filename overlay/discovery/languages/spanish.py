"""Spanish in English words: phrases first, then words, their singulars, and the roots of verbs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from overlay.discovery.languages.meaning import Dictionary, Word, meanings
from overlay.discovery.languages.spanish_stems import root, singular, without_clitic, without_diphthong
from overlay.discovery.words import words

_FUNCTION = """
a al algo alguien algun alguna algunas alguno algunos ante antes aqui asi aun aunque ayuda ayudame ayudar
ayudas bajo bien cada casi como con contra cual cuales cualquier cuando cuanta cuantas cuanto cuantos
cuyo de debe deberia debo decir decirme del desde dices dime donde dos durante e el ella ellas ellos en
entonces entre era eran eres es esa esas ese eso esos esta estaba estamos estan estar estas este esto
estos estoy favor forma fue fueron gracias gustaria ha haber habia hacia han hasta hay he hola la las le
les lo los manera maneras mas me mi mia mias mientras mio mios mis misma mismo momento mucha muchas mucho
muchos muy nada necesita necesitamos necesito ni ninguna ninguno no nos nosotras nosotros nuestra nuestro
nuestros o os otra otras otro otros para pero poco pocos podria podrias por porque puede pueden puedes
puedo pues que queremos quien quienes quiere quiero quisiera sabe saber saberlo sabes se sea segun ser si
sido siempre sin sino sobre son soy su sus tal tambien tan tanto te tener tengo ti tiene tienen tienes
toda todas todavia todo todos tras tu tus u un una unas uno unos usted ustedes va vamos vas vez voy y ya
yo
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""They hold sentences together, and say nothing of what is asked for."""

_COGNATES = (
    ("ciones", "tions"), ("siones", "sions"), ("cion", "tion"), ("sion", "sion"), ("dades", "ties"),
    ("dad", "ty"), ("mente", "ly"), ("istas", "ists"), ("ista", "ist"), ("icos", "ics"), ("icas", "ics"),
    ("ico", "ic"), ("ica", "ics"), ("ivo", "ive"), ("iva", "ive"), ("oso", "ous"), ("osa", "ous"),
    ("encia", "ence"), ("ancia", "ance"), ("ismo", "ism"), ("logia", "logy"), ("grafia", "graphy"),
    ("ario", "ary"), ("orio", "ory"), ("ente", "ent"), ("ante", "ant"), ("ado", "ated"), ("ura", "ure"),
)  # fmt: skip
"""Endings of words that Latin left to both languages."""
_SURE_OF_ROOT = 0.9
_SURE_OF_COGNATE = 0.7
_OWN_WORD = 0.5
"""Of the Spanish word itself: an agent may describe itself in Spanish."""


class Spanish:
    """A dictionary of Spanish, in the three ways in which words are found in it."""

    def __init__(self, dictionary: Dictionary, is_english: Callable[[str], bool]) -> None:
        self._is_english = is_english
        self._exactly: dict[str, tuple[str, ...]] = {}
        self._by_root: dict[str, tuple[str, ...]] = {}
        self._phrases: defaultdict[str, dict[tuple[str, ...], tuple[str, ...]]] = defaultdict(dict)
        for phrase, english in dictionary.items():
            spanish = tuple(words(phrase))
            if len(spanish) == 1:
                self._exactly.setdefault(spanish[0], english)
                self._by_root.setdefault(root(spanish[0]), english)
            else:
                roots = tuple(root(word) for word in spanish)
                self._phrases[roots[0]].setdefault(roots, english)
        self._longest = {first: max(map(len, phrases)) for first, phrases in self._phrases.items()}

    def knows(self, word: str) -> bool:
        """If the dictionary has it, in this form or as the plural of what it has."""
        return word in self._exactly or singular(word) in self._exactly

    def understands(self, word: str) -> bool:
        """If there is something to say for it in English, or it is a word that needs no saying."""
        return word in FUNCTION_WORDS or self._entry(word) is not None or bool(self._cognate(word))

    def vocabulary(self) -> list[str]:
        """Single words of the dictionary, without accents."""
        return list(self._exactly)

    def translate(self, spanish: Sequence[str], names: Collection[str] = ()) -> list[Word]:
        """English words for Spanish ones (as `words.words` gives them); what nothing is known of, stays.

        Of `names` only those that the dictionary has as they are, are translated: `Bing` is no `bingo`.
        """
        roots = [root(word) for word in spanish]
        found: list[Word] = []
        at = 0
        while at < len(spanish):
            length, english = self._phrase(roots, at)
            if english:
                found += meanings(english)
                found += (Word(word, _OWN_WORD) for word in spanish[at : at + length])
            else:
                found += self._name(spanish[at]) if spanish[at] in names else self._one(spanish[at])
            at += length
        return found

    def _phrase(self, roots: Sequence[str], at: int) -> tuple[int, tuple[str, ...]]:
        phrases = self._phrases.get(roots[at])
        if phrases:
            for length in range(min(self._longest[roots[at]], len(roots) - at), 1, -1):
                if english := phrases.get(tuple(roots[at : at + length])):
                    return length, english
        return 1, ()

    def _name(self, word: str) -> list[Word]:
        return [*meanings(self._exactly.get(word, ())), Word(word)]

    def _one(self, word: str) -> list[Word]:
        if word in FUNCTION_WORDS:
            return []
        if found := self._entry(word):
            return found if any(f.word == word for f in found) else [*found, Word(word, _OWN_WORD)]
        return [Word(word), *self._cognate(word)]

    def _entry(self, word: str) -> list[Word] | None:
        free = without_clitic(word)
        return self._known(word) or (self._known(free) if free else None)

    def _known(self, word: str) -> list[Word] | None:
        if english := self._exactly.get(word) or self._exactly.get(singular(word)):
            return meanings(english)
        stem = root(word)
        english = self._by_root.get(stem) or self._by_root.get(without_diphthong(stem) or "")
        return meanings(english, _SURE_OF_ROOT) if english else None

    def _cognate(self, word: str) -> list[Word]:
        for spanish, english in _COGNATES:
            if word.endswith(spanish):
                guess = word[: -len(spanish)] + english
                return [Word(guess, _SURE_OF_COGNATE)] if self._is_english(guess) else []
        return []
