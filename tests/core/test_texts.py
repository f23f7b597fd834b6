"""Our words in the shopper's language, whatever the shop uses for its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from fillers import FILLERS
from flask import Flask, request
from flask_babel import Babel

from storefront_plugin.core.folders import PACKAGE, TRANSLATIONS, WIDGETS
from storefront_plugin.core.i18n import LANGUAGES, languages_in, texts_for
from storefront_plugin.core.settings import Settings
from storefront_plugin.recommending.page import Reason
from storefront_plugin.recommending.plan import DEFAULT_PLAN
from storefront_plugin.recommending.strategies.also_bought import ALSO_BOUGHT
from storefront_plugin.recommending.strategies.bought_together import BOUGHT_TOGETHER
from storefront_plugin.web.request_page import locale_for

METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "ngettext_noop": (1, 2)}


def words_in_use() -> set[object]:
    """Every message marked in code and templates."""
    found = [extract_from_dir(str(folder), METHODS, keywords=KEYWORDS) for folder in (PACKAGE, WIDGETS)]
    return {message for each in found for _file, _line, message, _comments, _context in each}


def words_of(catalog: Catalog) -> dict[object, object]:
    """Each message with its translation."""
    return {_forms(message.id): _forms(message.string) for message in catalog if message.id}


def _forms(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_a_folder_with_a_compiled_catalogue_is_a_language(tmp_path: Path) -> None:
    """Nothing else names the languages; English is the default, and folders without a catalogue are none."""
    for name in ("ja", "de", "en", "notes"):
        (tmp_path / name / "LC_MESSAGES").mkdir(parents=True)
        if name != "notes":
            (tmp_path / name / "LC_MESSAGES" / "storefront.mo").touch()
    assert languages_in(tmp_path) == ("en", "de", "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated_and_none_is_left_over(language: str) -> None:
    """The catalogues hold exactly the words of code and templates."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "storefront.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    messages = [message for message in catalog if message.id]
    assert {m.id if isinstance(m.id, str) else tuple(m.id) for m in messages} == words_in_use()
    assert all(message.string and not message.fuzzy for message in messages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    """A changed word was compiled too: the .mo is what ships."""
    source = TRANSLATIONS / language / "LC_MESSAGES" / "storefront.po"
    with source.open("rb") as written, source.with_suffix(".mo").open("rb") as compiled:
        assert words_of(read_mo(compiled)) == words_of(read_po(written, locale=language))


def test_each_strategy_of_the_plan_has_a_title_in_each_language() -> None:
    """No default slot is headed by a bare name."""
    used = {name for slots in DEFAULT_PLAN.values() for slot in slots for name in slot.strategies}
    assert used <= FILLERS.sources.keys()
    for name in FILLERS.sources:
        assert FILLERS.title(texts_for("ja"), name) != FILLERS.title(texts_for("en"), name)


def test_each_reason_of_a_strategy_has_words_in_each_language() -> None:
    """With a number of orders where one stands behind it, and without."""
    for reason in {kind for source in FILLERS.sources.values() for kind in source.reasons}:
        for orders in (None, 7):
            if reason.text is None and orders is None:
                continue
            texts = {Reason(reason, orders).text(texts_for(language)) or "" for language in LANGUAGES}
            assert len(texts) == len(LANGUAGES)
            assert all(("7" in text) == (orders is not None and reason.counted is not None) for text in texts)


@pytest.mark.parametrize(
    ("locale", "orders", "words"),
    [
        ("en", 1, "Bought together in 1 order"),
        ("en", 1240, "Bought together in 1,240 orders"),
        ("ja", 124, "124件の注文で一緒に購入"),
        ("de", 1240, "Bought together in 1.240 orders"),
    ],
)
def test_reasons_count_in_the_plural_of_the_language(locale: str, orders: int, words: str) -> None:
    """Numbers are written as in the locale; the words are English where we have none."""
    assert Reason(BOUGHT_TOGETHER, orders).text(texts_for(locale)) == words


def test_a_pair_of_too_few_orders_gives_no_reason() -> None:
    """The claim that others bought it would stand on one or two orders."""
    assert Reason(ALSO_BOUGHT).text(texts_for("en")) is None
    assert Reason(ALSO_BOUGHT, 5).text(texts_for("ja")) == "5件の注文で一緒に購入"


def test_a_reason_without_a_number_is_words_alone() -> None:
    """Below the least support no number is shown."""
    assert Reason(BOUGHT_TOGETHER).text(texts_for("en")) == "Frequently bought together"


@pytest.mark.parametrize(
    ("given", "locale", "title"),
    [
        ("Our picks", "ja", "Our picks"),
        ({"en": "Our picks", "ja": "店長のおすすめ"}, "ja_JP", "店長のおすすめ"),
        ({"en": "Our picks", "ja": "店長のおすすめ"}, "fr", "Our picks"),
        ({"fr": "Nos choix"}, "ja", "Nos choix"),
        (None, "ja", "関連商品"),
    ],
)
def test_a_shops_own_title_wins(given: object, locale: str, title: str) -> None:
    """A text is taken as it is; of several the nearest language."""
    assert FILLERS.title(texts_for(locale), "related", given) == title  # type: ignore[arg-type]


def test_a_strategy_of_the_shops_own_is_headed_by_its_name() -> None:
    """An unknown strategy has a readable heading."""
    assert FILLERS.title(texts_for("en"), "new_in_town") == "New in town"


@pytest.mark.parametrize(
    ("setting", "accepted", "locale"),
    [
        ("ja", "en", "ja"),
        (lambda: "de-AT", "ja", "de_AT"),
        ("no such locale", "ja-JP,en;q=0.5", "ja"),
        (None, "ja-JP,en;q=0.5", "ja"),
        (None, "fr", "en"),
        (None, None, "en"),
    ],
)
def test_the_locale_is_the_setting_else_the_browsers(setting: object, accepted: str | None, locale: str) -> None:
    """Among the browser's languages only those that we have words in count."""
    app = Flask(__name__)
    with app.test_request_context(headers={"Accept-Language": accepted} if accepted else {}):
        assert locale_for(request, Settings(locale=setting)) == locale


def test_the_shops_flask_babel_decides_where_it_has_one() -> None:
    """The shop's own choice of language goes before the browser's."""
    app = Flask(__name__)
    Babel(app, locale_selector=lambda: "ja")
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert locale_for(request, Settings()) == "ja"


def test_outside_a_request_the_setting_or_english_is_taken() -> None:
    """Mails and commands have no browser to ask."""
    with Flask(__name__).app_context():
        assert locale_for(None, Settings(locale="ja")) == "ja"
        assert locale_for(None, Settings()) == "en"
