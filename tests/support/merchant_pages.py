"""A merchant's browser, and a page of the admin made for tests: a form, a button with undo, a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bs4 import BeautifulSoup
from flask import Blueprint, Flask, Response, request, session
from flask.testing import FlaskClient
from jinja2 import DictLoader
from small_shop import SmallShop
from werkzeug.routing import Rule
from wtforms import StringField
from wtforms.validators import DataRequired

from storefront_plugin import Merchant
from storefront_plugin.admin import blueprint
from storefront_plugin.admin.kit.forms import AdminForm
from storefront_plugin.admin.kit.lists import Paging, page_number
from storefront_plugin.admin.kit.moment_field import MomentField
from storefront_plugin.admin.kit.pages import change, editors_only, flash, link, see_other, show_page

HOME = "/storefront/admin"

_PAGE = """{% extends "storefront/admin/kit/base.html" %}{% block title %}Probe{% endblock %}{% block content %}
{{ parts.errors(form) }}
<form method="post" data-guard class="form">{{ form.storefront_token }}{{ parts.field(form.title) }}{{ parts.field(form.moment) }}
{% for tag in tags %}<input name="tag" aria-label="Tag" value="{{ tag }}">{% endfor %}
<button class="button primary">Save</button></form>
<div class="panel">{{ parts.combobox("products", "found", "product", "Product") }}</div>
{{ parts.post(link("probe_press"), "Press") }}
<ul>{% for text in saved %}<li>{{ text }}</li>{% endfor %}</ul>
{{ parts.pager(paging) }}
{%- import "storefront/admin/kit/charts.html" as charts with context %}
{{ charts.line("orders", "Orders a day", points, "Orders", description="Last three days") }}
{{ charts.bars("sales", "Sales a day", points, "Sales") }}
{% endblock %}"""

POINTS = [("Monday", 4), ("<b>Tuesday</b>", 0), ("Wednesday", 12)]


class ProbeForm(AdminForm):
    """A form as a page of the admin has it."""

    title = StringField("Title", [DataRequired("Write a title.")])
    moment = MomentField("From")


class Probe:
    """The page; *saved* is what was saved, *pressed* how often its button was."""

    def __init__(self) -> None:
        self.saved: list[dict[str, list[str]]] = []
        self.moments: list[Any] = []
        self.pressed = 0

    def register(self, blueprint: Blueprint) -> None:
        blueprint.add_url_rule("/probe", "probe", self.show)
        blueprint.add_url_rule("/probe", "probe_save", editors_only(self.save), methods=["POST"])
        blueprint.add_url_rule("/probe/press", "probe_press", change(self.press), methods=["POST"])
        blueprint.add_url_rule("/probe/undo", "probe_undo", change(self.undo), methods=["POST"])

    def show(self) -> Response:
        return self._page(ProbeForm(formdata=None), 200)

    def save(self) -> Response:
        form = ProbeForm()
        if not form.validate_on_submit():
            return self._page(form, 422)
        self.saved.append({name: request.form.getlist(name) for name in request.form if name != "storefront_token"})
        self.moments.append(form.moment.data)
        flash("Saved.")
        return see_other(link("probe"))

    def press(self) -> Response:
        self.pressed += 1
        flash("Pressed <b>it</b>.", undo=link("probe_undo"), by=1)
        return see_other(link("probe"))

    def undo(self) -> Response:
        self.pressed -= int(request.form["by"])
        flash("Taken back.")
        return see_other(link("probe"))

    def _page(self, form: ProbeForm, status: int) -> Response:
        tags = request.form.getlist("tag") or ["a", "b"]
        paging = Paging(page_number(), 10, 95)
        return show_page("probe.html", status, form=form, tags=tags, saved=self.saved, paging=paging, points=POINTS)


def add_probe(monkeypatch: Any, make_shop: Callable[..., SmallShop], **options: Any) -> tuple[SmallShop, Probe]:
    """A shop whose admin has the page too. Who visits ``/sign-in/<role>`` is known there until ``/sign-out``."""
    probe = Probe()
    with monkeypatch.context() as patched:
        patched.setattr(blueprint, "PAGES", (*blueprint.PAGES, probe))
        shop = make_shop(**{"admin_access": by_session, **options})
    shop.app.jinja_loader = DictLoader({"storefront/admin/probe.html": _PAGE})
    add_sign_in(shop.app)
    return shop, probe


def by_session() -> Merchant | None:
    """The merchant of the shop's own session."""
    role = session.get("role")
    return Merchant("First editor", role) if role else None


def add_sign_in(app: Flask) -> None:
    """The shop's own views for signing in and out."""

    @app.get("/sign-in/<role>")
    def sign_in(role: str) -> str:
        session["role"] = role
        return "in"

    @app.get("/sign-out")
    def sign_out(role: str = "") -> str:
        session.clear()
        return "out"


def signed_in(shop: SmallShop, role: str = "edit") -> FlaskClient:
    """A browser in which somebody has signed in."""
    client = shop.app.test_client()
    assert client.get(f"/sign-in/{role}").status_code == 200
    return client


def soup_of(response: Any) -> BeautifulSoup:
    """The answer as a browser reads it."""
    return BeautifulSoup(response.text, "html5lib")


def fields_of(form: Any) -> list[tuple[str, str]]:
    """Names and values of a form as a browser would send them."""
    return [(str(field["name"]), str(field.get("value", ""))) for field in form.select("input[name]")]


def token_of(client: FlaskClient, path: str = f"{HOME}/probe") -> str:
    """A token as the page at *path* gives it."""
    return str(soup_of(client.get(path)).select("input[name=storefront_token]")[0]["value"])


def admin_rules(shop: SmallShop) -> list[Rule]:
    """Every rule of the admin, whoever registered it."""
    rules = [rule for rule in shop.app.url_map.iter_rules() if rule.endpoint.startswith("storefront-admin.")]
    assert len(rules) > 8
    return rules


def addresses(shop: SmallShop, number: int = 1, word: str = "product") -> Iterator[tuple[Rule, str]]:
    """An address for each rule: *number* for its numbers, *word* for its names."""
    with shop.app.test_request_context():
        for rule in admin_rules(shop):
            values = {name: number if "int" in str(rule._converters[name]).lower() else word for name in rule.arguments}
            built = rule.build(values)
            assert built is not None, rule
            yield rule, built[1]
