"""A merchant's browser without script: opens pages, fills in their forms as they stand, and presses a button."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from small_shop import SmallShop
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

ADMIN = "/storefront/admin"


class Merchants:
    """One merchant's browser; *soup* is the page that it shows."""

    def __init__(self, shop: SmallShop, language: str = "en") -> None:
        self.client: FlaskClient = shop.app.test_client()
        self._headers = {"Accept-Language": language}
        self.answer: TestResponse
        self.soup: BeautifulSoup

    def get(self, path: str) -> BeautifulSoup:
        """Open a page of ours."""
        return self._show(self.client.get(path if path.startswith("/") else f"{ADMIN}/{path}", headers=self._headers))

    def post(self, path: str, data: Any, follow: bool = True) -> BeautifulSoup:
        """Send *data* to a page of ours."""
        address = path if path.startswith("/") else f"{ADMIN}/{path}"
        return self._show(self.client.post(address, data=data, headers=self._headers, follow_redirects=follow))

    def press(self, button: str, follow: bool = True, form: str = "#bundle", **typed: Any) -> BeautifulSoup:
        """Type into the fields of a form and press its button *button* (its value)."""
        found = self.soup.select_one(form)
        assert found is not None, self.soup
        data = values(found) | {name.replace("__", "-"): value for name, value in typed.items()}
        sent = MultiDict(
            (name, one) for name, many in data.items() for one in (many if isinstance(many, list) else [many])
        )
        pressed = found.find("button", value=button)
        assert pressed is not None, f"there is no button {button}"
        assert not pressed.has_attr("disabled"), f"{button} cannot be pressed"
        sent["do"] = button
        return self.post(str(found["action"]), sent, follow)

    def click(self, label: str, follow: bool = True) -> BeautifulSoup:
        """Press the button *label* of a form that has nothing to type."""
        for found in self.soup.select("form"):
            button = found.find("button")
            if button is not None and button.get_text(" ", strip=True) == label:
                return self.post(str(found["action"]), values(found), follow)
        raise AssertionError(f"there is no button {label!r}")

    @property
    def status(self) -> int:
        return self.answer.status_code

    def texts(self, selector: str) -> list[str]:
        """Texts of the elements, with single spaces."""
        return [" ".join(found.get_text(" ", strip=True).split()) for found in self.soup.select(selector)]

    def value(self, name: str) -> str:
        """What a field of the form holds."""
        found = self.soup.find(attrs={"name": name})
        assert isinstance(found, Tag), name
        return str(found.get("value") or found.get_text())

    @property
    def token(self) -> str:
        return self.value("storefront_token")

    def _show(self, answer: TestResponse) -> BeautifulSoup:
        self.answer = answer
        self.soup = BeautifulSoup(answer.text, "html5lib")
        return self.soup


def values(form: Tag) -> dict[str, list[str]]:
    """What a browser would send of *form*, without its buttons."""
    sent: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.has_attr("disabled") or field.find_parent("fieldset", disabled=True):
            continue
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        sent.setdefault(str(field["name"]), []).append(_value(field))
    return sent


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text().replace("\n", "\r\n")  # html5lib has dropped the first line end, as browsers do
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen["value"]) if chosen else ""
    return str(field.get("value", "on" if field.get("type") == "checkbox" else ""))
