"""Spanish and Chinese are understood, in what is asked and in what agents say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.discovery.contract import Said
from overlay.discovery.index import SemanticIndex
from overlay.discovery.languages.chinese import Chinese
from overlay.discovery.languages.dictionary import dictionary
from overlay.discovery.languages.spanish import Spanish
from overlay.discovery.languages.spanish_stems import root, singular
from overlay.discovery.words import words
from tests.discovery.catalogue import catalogue, reading, recall, rows

SPANISH = Spanish(dictionary("es"), lambda _: False)
CHINESE = Chinese(dictionary("zh"))
HAN = st.text(st.sampled_from(sorted({c for phrase in dictionary("zh") for c in phrase})), max_size=24)


def english(text: str) -> set[str]:
    asked = reading().intent(text)
    return set(words(asked.text))


@pytest.mark.parametrize("language", ["es", "zh"])
def test_a_dictionary_has_thousands_of_phrases_each_with_few_words(language: str) -> None:
    entries = dictionary(language)
    assert len(entries) > 2500
    assert [phrase for phrase, said in entries.items() if len(said) > 4 or phrase != phrase.strip()] == []
    assert [said for said in entries.values() if not all(part.isascii() for part in said)] == []


@pytest.mark.parametrize(
    "forms",
    [
        "buscar busco busca buscas buscando buscado buscaron busque buscarlo",
        "traducir traduce traduciendo traducirlo",
        "organizar organizo organice organizando",
        "pagar pago pague pagando",
    ],
)
def test_the_forms_of_a_verb_have_one_root(forms: str) -> None:
    assert len({root(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("plural", "one"), [("vuelos", "vuelo"), ("hoteles", "hotel"), ("luces", "luz"), ("gas", "gas")]
)
def test_a_plural_has_a_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("¿Puedes recomendarme un hotel?", {"recommend", "hotel"}),
        ("encuéntrame vuelos baratos", {"find", "flights", "cheap"}),
        ("necesito un código QR", {"qr", "code"}),
        ("busco un resturante vegetariano", {"restaurant", "vegetarian"}),
        ("quiero una declaración de la renta", {"tax", "return"}),
        ("visualizaciones y simulaciones de datos", {"data"}),
    ],
)
def test_spanish_is_read_in_english_words(asked: str, said: set[str]) -> None:
    assert said <= english(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("帮我订一张去北京的机票", {"flight", "ticket", "beijing"}),
        ("用Python写一个爬虫", {"python", "crawler"}),
        ("我想學習雅思口語", {"ielts", "speaking"}),
        ("二维码生成器", {"qr", "code", "generator"}),
    ],
)
def test_chinese_is_read_in_english_words(asked: str, said: set[str]) -> None:
    assert said <= english(asked)


@given(HAN)
@settings(deadline=None, max_examples=50)
def test_cutting_loses_no_character(run: str) -> None:
    assert "".join(CHINESE.cut(run)) == run


def test_the_longest_words_are_cut_out() -> None:
    assert CHINESE.cut("北京大学生") == ["北京", "大学", "生"] or "学生" in CHINESE.cut("北京大学生")
    assert "二维码" in CHINESE.cut("做一个二维码")


@pytest.mark.parametrize(
    "text",
    [
        "Find me a hotel in Los Angeles",
        "la la land soundtrack",
        "Show me the news from El Salvador",
        "total cost of a taco",
        "can you play a video",
    ],
)
def test_english_with_foreign_names_is_not_taken_for_spanish(text: str) -> None:
    assert reading().intent(text).text == text


@pytest.mark.parametrize("language", ["es", "zh"])
def test_agents_are_found_in_another_language(language: str) -> None:
    asked = [(query, agent) for agent, spoken, query in rows("foreign-queries.tsv") if spoken == language]
    assert recall(asked, catalogue()) > 0.8
    assert recall(asked, catalogue(), 5) > 0.9


def test_an_agent_that_describes_itself_in_another_language_is_found_in_english() -> None:
    index = SemanticIndex(reading())
    index.put("lluvia", Said("lluvia", "Pronóstico del tiempo y alertas de tormenta para cualquier ciudad"))
    index.put("feiji", Said("feiji", "查询航班，预订便宜的机票"))
    index.put("chef", Said("chef", "Recipes for dinner"))
    assert index.search("weather forecast for the weekend")[0].key == "lluvia"
    assert index.search("book a cheap flight")[0].key == "feiji"
    assert index.search("我要订机票")[0].key == "feiji"
    assert index.search("¿va a llover mañana? pronóstico")[0].key == "lluvia"


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=50)
def test_anything_may_be_asked_and_said(text: str) -> None:
    asked = reading().intent(text)
    assert len(asked.weights) in {0, len(asked.words)}
    assert all(0 < weight <= 1 for weight in asked.weights)
    assert reading().description(text).startswith(text)


def test_spanish_that_is_not_known_stays() -> None:
    assert [found.word for found in SPANISH.translate(["zzyzx"])] == ["zzyzx"]
