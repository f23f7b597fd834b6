"""Bundles go out as a spreadsheet and come in again: checked first, good rows kept, bad ones reported by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from admin_form import ADMIN, Merchants, values
from made_bundles import set_of
from small_shop import SmallShop

from storefront_plugin import Merchant
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.errors import DatabaseUnavailable


@pytest.fixture
def admin(make_shop: Callable[..., SmallShop]) -> SmallShop:
    """A shop with a published bundle 1 and a draft 2."""
    shop = make_shop(admin_access=lambda: Merchant("First editor"))
    with shop.app.app_context():
        for products in (("p1", "p2"), ("p3", "p4")):
            BundleRepository(shop.storefront.database).create(set_of(*products, price=percent_off(10)), "Second editor")
        BundleRepository(shop.storefront.database).set_state(1, 1, "publish", "Second editor")
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


def test_a_locked_database_is_shown_on_a_page_not_in_a_broken_file(
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
    """The same file changes nothing; a changed and a new row are shown, then imported once."""
    text = exported(editor)
    checked(editor, text)
    assert editor.texts(".report .state") == ["Unchanged", "Unchanged"]
    assert not editor.soup.select("button[value=import]")
    changed = text.replace('"', "").replace("Set", "Kit", 1)
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    again = [row | {"id": ""} for row in rows[:2]]
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writerows(again)
    checked(editor, changed + out.getvalue())
    assert editor.texts(".report .state") == ["changed", "Unchanged", "new draft"], editor.soup
    assert count(admin) == 2
    form = editor.soup.select_one(".report form")
    assert form is not None
    editor.post("bundles/import", values(form) | {"do": ["import"]})
    assert editor.texts(".notice p") == ["1 bundle created, 1 changed."]
    assert count(admin) == 3
    with admin.app.app_context():
        kept = BundleRepository(admin.storefront.database).load(1)
        assert (kept.definition.text_in("en").title, kept.updated_by, kept.state) == (
            "Kit",
            "First editor",
            "published",
        )


def test_bad_rows_are_reported_by_line_and_good_ones_kept(admin: SmallShop, editor: Merchants) -> None:
    """Line 2 changes its bundle, line 4 has a percentage above 100: the first is imported, the second said why not."""
    lines = exported(editor).splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("2,") or line.startswith('"2"'))
    lines[1] = lines[1].replace("Set", "Kit")
    text = "".join([*lines[:at], *(line.replace("10", "150", 1) if "10" in line else line for line in lines[at:])])
    checked(editor, text)
    states = editor.texts(".report .state")
    assert states[0] == "Error"
    assert editor.texts(".report tbody tr")[0].startswith(str(at + 1))
    assert editor.texts(".refused-why")[0]
    assert editor.texts("button[value=import]") == ["Import valid bundles"]
    form = editor.soup.select_one(".report form")
    assert form is not None
    editor.post("bundles/import", values(form) | {"do": ["import"]})
    assert "1 error, see below" in editor.texts(".notice")[0]
    assert editor.texts(".report .state") == ["Error"]
    with admin.app.app_context():
        assert BundleRepository(admin.storefront.database).load(1).definition.text_in("en").title == "Kit"
        assert BundleRepository(admin.storefront.database).load(2).version == 1


HEADER = (
    "id,version,kind,title_en,title_ja,tier,product_id,quantity,price_kind,percent,amount_EUR,starts,staff_only,state"
)
BAD = (
    ",,,,,,p1,1,,,,,,",
    ",,set,No product,,,,2,percent,10,,,,",
    ",,set,Half,,,p1,2.5,percent,10,,,,",
    ",,set,Round,,,p1,2,amount,,1.005,,,",
    ',,set,Thousands,,,p1,2,amount,,"1,000",,,',
    ",,set,Alone,,,p1,1,percent,10,,,,",
    "9,1,set,Unknown,,,p1,2,percent,10,,,,",
    "1,7,set,Late,,,p1,2,percent,10,,,,",
    "1,7,set,Twice,,,p1,2,percent,10,,,,",
    ",,set,,,,p1,2,percent,10,,,,",
    ",,ladder,Gap,,1,p1,2,percent,10,,,,",
    ",,,,,3,p1,3,percent,10,,,,",
    ",,set,Differs,,,p1,2,percent,10,,,,",
    ",,,,,,p2,1,percent,11,,,,",
    ",,set,No percentage,,,p1,2,percent,,,,,",
    ",,set,No amount,,,p1,2,amount,,,,,",
    ",,set,When,,,p1,2,percent,10,,soon,,",
    ",,set,Whether,,,p1,2,percent,10,,,perhaps,",
    ",,set,State,,,p1,2,percent,10,,,,open",
    ",,set,Gone,,,nothing,2,percent,10,,,,",
    f",,set,Long,,,{'x' * 256},2,percent,10,,,,",
    ",,extra,Nothing free,,,p1,2,percent,10,,,,",
    ",,steps,Step,,,p1,2,percent,10,,,,",
    ",,set,Too many,,,p1,2,percent,10,,,,,surplus",
)
"""A row, or two, for each thing that can be wrong with a bundle."""


def test_refused_rows_are_shown_in_the_merchants_language(admin: SmallShop) -> None:
    """Every sentence, whatever is wrong; what stands in the file is quoted as it stands there."""
    editor = Merchants(admin, "ja")
    checked(editor, "\n".join([HEADER, *BAD]))
    refused = editor.texts(".refused-why")
    assert len(refused) == len(BAD) - 2  # two bundles of two rows
    for sentence in refused:
        assert re.search("[ぁ-ん]", sentence), sentence
        assert not re.search("[A-Za-z]+ [a-z]+ [a-z]+", sentence), sentence
    assert refused[1] == "この行にはproduct_idがありません。ショップの商品IDを入力してください。"
    assert refused[2] == "quantity列には整数を入力してください。'2.5'は使えません。"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        b"kind,product_id,price_kind,title_en,colour\n",
        b"kind,product_id,price_kind,title_en,kind\n",
    ],
)
def test_a_file_that_cannot_be_used_is_shown_in_the_merchants_language(admin: SmallShop, data: bytes) -> None:
    """The file as a whole."""
    editor = Merchants(admin, "ja")
    editor.get("bundles/files")
    editor.post("bundles/import", {"storefront_token": editor.token, "file": (io.BytesIO(data), "x.csv")})
    (sentence,) = editor.texts(".notice-error")
    assert re.search("[ぁ-ん]", sentence)
    assert not re.search("[A-Za-z]+ [a-z]+ [a-z]+", sentence)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"id,kind\n"])
def test_what_is_no_such_file_is_one_sentence(admin: SmallShop, editor: Merchants, data: bytes) -> None:
    """Nothing chosen, not UTF-8, other columns, no rows: said in a sentence, nothing raised."""
    editor.get("bundles/files")
    sent = {"storefront_token": editor.token, "do": "import", "file": (io.BytesIO(data), "x.csv")}
    editor.post("bundles/import", sent)
    assert editor.status == 422
    assert len(editor.texts(".notice-error")[0]) > 10
    assert count(admin) == 2


NEW = "kind,title_en,product_id,quantity,price_kind,percent,state\nset,Kit,p1,2,percent,10,published\n"


def imported(editor: Merchants, text: str) -> None:
    """Choose a file with *text* and import it at once."""
    editor.get("bundles/files")
    data = {"storefront_token": editor.token, "do": "import", "file": (io.BytesIO(text.encode()), "bundles.csv")}
    editor.post("bundles/import", data)


def test_what_the_editor_would_not_publish_is_not_published_by_a_file(admin: SmallShop, editor: Merchants) -> None:
    """A draft may save nothing yet; a bundle that shoppers could see must."""
    text = exported(editor).replace("percent,10", "percent,0.001")
    checked(editor, text.replace(",draft,", ",published,"))
    assert str(editor.soup).count("No saving yet") == 2
    imported(editor, text)
    with admin.app.app_context():
        repository = BundleRepository(admin.storefront.database)
        assert repository.load(1).definition.tiers[0].price == percent_off(10)
        assert repository.load(2).definition.tiers[0].price != percent_off(10)


def test_an_import_is_taken_back_by_one_press(admin: SmallShop, editor: Merchants) -> None:
    """From the notice, from the page that tells what was refused, and later from the page of files; once only."""
    text = exported(editor).replace("Set", "Kit", 1)
    bad = "set,Bad,p1,half,percent,10,\n"
    imported(editor, text)
    editor.click("Undo")
    assert editor.texts(".notice") == ["Import undone: 0 new drafts deleted, 1 bundle restored."]
    with admin.app.app_context():
        stands = BundleRepository(admin.storefront.database).load(1)
        assert (stands.definition.text_in("en").title, stands.state) == ("Set", "published")
        assert admin.storefront.services.pricer.published.get().bundles[1].definition.text_in("en").title == "Set"
    imported(editor, NEW + bad)
    assert "1 error, see below" in editor.texts(".notice")[0]
    editor.click("Undo")
    assert editor.texts(".notice") == ["Import undone: 1 new draft deleted, 0 bundles restored."]
    assert count(admin) == 2
    imported(editor, NEW)
    editor.get("bundles/files")
    assert "1 bundle · First editor" in editor.texts(".latest-import")[0]
    with admin.app.app_context():
        BundleRepository(admin.storefront.database).update(
            4, 1, set_of("p1", "p2", price=percent_off(20)), "Second editor"
        )
    editor.click("Undo import")
    assert "1 bundle has been changed since the import and was left as it is." in editor.texts(".notice")
    assert count(admin) == 3
    editor.get("bundles/files")
    assert editor.texts(".latest-import") == []
    editor.get("log")
    assert "1 bundle" in " ".join(editor.texts("main tbody tr"))


def test_a_preview_shows_each_field_from_and_to_and_a_form_posted_twice_imports_once(
    admin: SmallShop, editor: Merchants
) -> None:
    """Nothing is written before; then once, whatever is pressed."""
    checked(editor, exported(editor).replace("Set", "Kit", 1).replace("published", "archived", 1))
    rows = [" ".join(row.split()) for row in editor.texts("table.changes tbody tr")]
    assert "Title (English) Set Kit" in rows
    assert "Status Published Archived" in rows
    form = editor.soup.select_one("form.row")
    assert form is not None
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input")} | {"do": "import"}
    editor.post("bundles/import", sent)
    editor.post("bundles/import", sent)
    assert editor.texts(".notice") == ["This file has been imported already; nothing was changed now."]
    with admin.app.app_context():
        stands = BundleRepository(admin.storefront.database).load(1)
        assert (stands.definition.text_in("en").title, stands.state) == ("Kit", "archived")


def test_another_file_chosen_on_the_page_before_is_another_import(admin: SmallShop, editor: Merchants) -> None:
    """The browser's Back shows the page that was checked for the first file; each of both is imported once."""
    checked(editor, NEW)
    form = editor.soup.select_one("form.row")
    assert form is not None
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input") if one["name"] != "data"}
    for text in (NEW, NEW.replace("Kit", "Other kit"), NEW):
        editor.post("bundles/import", sent | {"do": "import", "file": (io.BytesIO(text.encode()), "bundles.csv")})
    assert editor.texts(".notice") == ["This file has been imported already; nothing was changed now."]
    assert count(admin) == 4


def test_the_checked_file_is_imported_byte_by_byte(admin: SmallShop, editor: Merchants) -> None:
    """Line ends within cells are those of the file, which browsers change in fields of text."""
    text = 'kind,title_en,benefit_en,product_id,quantity,price_kind,percent\nset,Kit,"One\nTwo",p1,2,percent,10\n'
    checked(editor, text)
    editor.press("import", form="form.row")
    with admin.app.app_context():
        assert BundleRepository(admin.storefront.database).load(3).definition.text_in("en").benefit == "One\nTwo"


def test_a_new_row_says_that_it_becomes_a_draft(editor: Merchants) -> None:
    """Whatever its state in the file, before and without anything being changed."""
    checked(editor, NEW)
    assert editor.texts(".report .state") == ["new draft"]
    assert "New bundles are drafts" in editor.texts(".refused-why")[0]


def test_all_reasons_are_shown_and_no_link_leads_nowhere(editor: Merchants) -> None:
    """Each with its line where that is not the bundle's first."""
    text = "id,version,kind,title_en,product_id,quantity,price_kind,percent\n"
    text += "1,1,set,A,p1,half,percent,ten\n,,,,,1,,\n99,1,set,B,p1,2,percent,5\n"
    checked(editor, text)
    first, second = editor.soup.select(".report tbody tr")
    reasons = [" ".join(one.get_text(" ", strip=True).split()) for one in first.select("li")]
    assert [one[:12] for one in reasons] == ["percent must", "quantity mus", "Line 3: The "]
    assert [str(one["href"]) for one in first.select("a")] == [f"{ADMIN}/bundles/1"]
    assert "There is no bundle 99" in second.get_text()
    assert second.select("a") == []


def test_words_of_a_file_are_text_on_the_page(editor: Merchants) -> None:
    """Markup in a file is shown, not run; the file itself is carried on in another form."""
    text = exported(editor).replace("Set", "</textarea><script>x</script>", 1)
    checked(editor, text)
    assert all(script.get("src") for script in editor.soup.select("script"))
    assert any("</textarea><script>" in text for text in editor.texts(".report td"))
