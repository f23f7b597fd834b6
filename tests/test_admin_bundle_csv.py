"""Bundles go out as a spreadsheet and come in again: checked first, good rows kept, bad ones told by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from admin_form import ADMIN, Merchants, values
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles import shelf
from storefront_plugin.bundles.listing import list_bundles
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.errors import DatabaseUnavailable


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with a published bundle 1 and a draft 2."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        for products in (("p1", "p2"), ("p3", "p4")):
            shelf.create(shop.storefront.database, set_of(*products, price=percent_off(10)), "Second editor")
        shelf.set_state(shop.storefront.database, 1, 1, "publish", "Second editor")
    return shop


@pytest.fixture
def editor(admin: SmallShop) -> Merchants:
    return Merchants(admin)


def exported(editor: Merchants, query: str = "") -> str:
    answer = editor.client.get(f"{ADMIN}/bundles/export{query}")
    assert (answer.mimetype, answer.status_code) == ("text/csv", 200)
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.text


def checked(editor: Merchants, text: str) -> None:
    """Choose a file with *text* and check it."""
    editor.get("bundles/files")
    data = {"storefront_token": editor.token, "do": "check", "file": (io.BytesIO(text.encode()), "bundles.csv")}
    editor.post("bundles/import", data)


def count(shop: SmallShop) -> int:
    with shop.app.app_context():
        return list_bundles(shop.storefront.database)[1]


def test_the_export_has_what_the_list_shows(editor: Merchants) -> None:
    """All bundles, or those of the filter in the address, in UTF-8 with the mark that Excel wants."""
    text = exported(editor)
    assert text.startswith("\ufeff")
    ids = [row["id"] for row in csv.DictReader(io.StringIO(text[1:]))]
    assert set(ids) - {""} == {"1", "2"}
    assert {row["id"] for row in csv.DictReader(io.StringIO(exported(editor, "?state=draft")[1:]))} - {""} == {"2"}
    editor.get("bundles?state=draft")
    assert str(editor.soup.select_one("a[download]")["href"]).endswith("bundles/export?state=draft")  # type: ignore[index]


def test_a_locked_database_is_told_on_a_page_not_in_a_broken_file(
    admin: SmallShop, editor: Merchants, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer has not begun yet when the bundles are asked for."""

    def locked(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("The database is locked; it is tried again.")

    with admin.app.app_context():
        monkeypatch.setattr(admin.storefront.database, "reading", locked)
    editor.get("bundles/export")
    assert (editor.status, editor.answer.mimetype) == (503, "text/html")
    assert "Content-Disposition" not in editor.answer.headers


def test_a_file_is_checked_before_anything_is_changed(admin: SmallShop, editor: Merchants) -> None:
    """The same file changes nothing; a changed and a new row are told, then imported once."""
    text = exported(editor)
    checked(editor, text)
    assert editor.texts(".report .state") == ["stays the same", "stays the same"]
    assert not editor.soup.select("button[value=import]")
    changed = text.replace('"', "").replace("Set", "Kit", 1)
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    again = [row | {"id": ""} for row in rows[:2]]
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writerows(again)
    checked(editor, changed + out.getvalue())
    assert editor.texts(".report .state") == ["changed", "stays the same", "new draft"], editor.soup
    assert count(admin) == 2
    form = editor.soup.select_one(".report form")
    assert form is not None
    editor.post("bundles/import", values(form) | {"do": ["import"]})
    assert editor.texts(".notice") == ["1 bundle created, 1 changed."]
    assert count(admin) == 3
    with admin.app.app_context():
        kept = shelf.load(admin.storefront.database, 1)
        assert (kept.definition.words_in("en").title, kept.updated_by, kept.state) == (
            "Kit",
            "First editor",
            "published",
        )


def test_bad_rows_are_told_by_line_and_good_ones_kept(admin: SmallShop, editor: Merchants) -> None:
    """Line 2 changes its bundle, line 4 has a percentage above 100: the first is imported, the second said why not."""
    lines = exported(editor).splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("2,") or line.startswith('"2"'))
    lines[1] = lines[1].replace("Set", "Kit")
    text = "".join([*lines[:at], *(line.replace("10", "150", 1) if "10" in line else line for line in lines[at:])])
    checked(editor, text)
    states = editor.texts(".report .state")
    assert states[0] == "refused"
    assert editor.texts(".report tbody tr")[0].startswith(str(at + 1))
    assert editor.texts(".refused-why")[0]
    assert editor.texts("button[value=import]") == ["Import the good ones"]
    form = editor.soup.select_one(".report form")
    assert form is not None
    editor.post("bundles/import", values(form) | {"do": ["import"]})
    assert "1 was refused" in editor.texts(".notice")[0]
    assert editor.texts(".report .state") == ["refused"]
    with admin.app.app_context():
        assert shelf.load(admin.storefront.database, 1).definition.words_in("en").title == "Kit"
        assert shelf.load(admin.storefront.database, 2).version == 1


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"id,kind\n"])
def test_what_is_no_such_file_is_one_sentence(admin: SmallShop, editor: Merchants, data: bytes) -> None:
    """Nothing chosen, not UTF-8, other columns, no rows: said in a sentence, nothing raised."""
    editor.get("bundles/files")
    sent = {"storefront_token": editor.token, "do": "import", "file": (io.BytesIO(data), "x.csv")}
    editor.post("bundles/import", sent)
    assert editor.status == 422
    assert len(editor.texts(".notice-error")[0]) > 10
    assert count(admin) == 2


def test_words_of_a_file_are_text_on_the_page(editor: Merchants) -> None:
    """Markup in a file is shown, not run; also the text that the page carries on."""
    text = exported(editor).replace("Set", "</textarea><script>x</script>", 1)
    checked(editor, text)
    assert all(script.get("src") for script in editor.soup.select("script"))
    field = editor.soup.select_one("textarea")
    assert field is not None
    assert "</textarea><script>" in field.get_text()
