"""Mounting: several apps, one instance on two of them, and each way in which it cannot be done, in a sentence."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from small_shop import made_products

from storefront_plugin import ConfigurationError, MemoryCatalog, Storefront


def make_app(**config: Any) -> Flask:
    app = Flask("shop")
    app.config.update(SECRET_KEY="a key for tests", TESTING=True, **config)
    return app


def catalog() -> MemoryCatalog:
    return MemoryCatalog(made_products(3))


def refused(mount: Any, *words: str) -> str:
    """The sentence of the error, which holds all *words* and ends as a sentence does."""
    with pytest.raises(ConfigurationError) as caught:
        mount()
    sentence = str(caught.value)
    assert sentence[0].isupper()
    assert sentence.rstrip().endswith(".")
    assert [word for word in words if word not in sentence] == []
    return sentence


def test_a_second_mount_is_refused() -> None:
    """The sentence says where the first one is."""
    app = make_app()
    Storefront(app, catalog=catalog())
    refused(lambda: Storefront(app, catalog=catalog()), "already mounted", "app.extensions['storefront']")


def test_an_occupied_blueprint_name_is_refused() -> None:
    """Nothing of the shop's is overwritten."""
    app = make_app()
    app.register_blueprint(Blueprint("storefront", "theirs"), url_prefix="/theirs")
    refused(lambda: Storefront(app, catalog=catalog()), "blueprint 'storefront'", "Storefront(name=")
    Storefront(app, catalog=catalog(), name="suggestions")
    assert "suggestions" in app.blueprints


def test_an_occupied_global_name_is_refused() -> None:
    """The shop's templates keep their own."""
    app = make_app()
    app.jinja_env.globals["storefront"] = "theirs"
    refused(lambda: Storefront(app, catalog=catalog()), "global 'storefront'", "Storefront(name=")
    assert app.jinja_env.globals["storefront"] == "theirs"


def test_an_occupied_address_is_refused() -> None:
    """A page of the shop's under our prefix would hide ours, or ours theirs."""
    app = make_app()
    app.add_url_rule("/storefront/cart", "theirs", lambda: "theirs")
    refused(lambda: Storefront(app, catalog=catalog()), "/storefront/cart", "url_prefix=")
    Storefront(app, catalog=catalog(), url_prefix="/suggestions")
    assert app.test_client().get("/storefront/cart").text == "theirs"


def test_a_missing_secret_key_is_refused() -> None:
    """The shop's own key signs what we sign."""
    refused(lambda: Storefront(Flask("shop"), catalog=catalog()), "SECRET_KEY")


def test_an_app_that_serves_already_is_refused() -> None:
    """Flask would raise something that names no remedy."""
    app = make_app()
    app.test_client().get("/")
    refused(lambda: Storefront(app, catalog=catalog()), "before the first")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"STOREFRONT_REDIS_ULR": "redis://x"}, ["STOREFRONT_REDIS_ULR", "did you mean STOREFRONT_REDIS_URL"]),
        ({"STOREFRONT_ZZZZZZZZ": 1}, ["STOREFRONT_ZZZZZZZZ", "the settings are"]),
        ({"STOREFRONT_DEADLINE_MS": "fast"}, ["STOREFRONT_DEADLINE_MS", "'fast'", "a number from 5 to 5000"]),
        ({"STOREFRONT_DRAIN": "maybe"}, ["'thread', 'off'"]),
        ({"STOREFRONT_CURRENCY": "euro"}, ["ISO 4217"]),
        ({"STOREFRONT_DATABASE_URL": "sqlite:///:memory:"}, ["STOREFRONT_DATABASE_URL", "in memory", "a file"]),
        ({"STOREFRONT_DATABASE_URL": "sqlite://"}, ["STOREFRONT_DATABASE_URL", "in memory", "a file"]),
        ({"STOREFRONT_TIMEZONE": "Mars/North"}, ["time zone"]),
        ({"STOREFRONT_PLAN": {"nowhere": []}}, ["'nowhere'"]),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(config: dict[str, Any], words: list[str]) -> None:
    """By its name, with what is expected instead."""
    with pytest.raises(ConfigurationError) as caught:
        Storefront(make_app(**config), catalog=catalog())
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    "config",
    [
        {"STOREFRONT_REDIS_URL": b"redis://:hunter2@host"},
        {"STOREFRONT_REDIS_URL": "http://:hunter2@host"},
        {"STOREFRONT_REDIS_URL": "redis://:hunter2@host:port/0"},
        {"STOREFRONT_REDIS_URL": "redis://:hunter2@host/0?unknown=1"},
        {"STOREFRONT_DATABASE_URL": b"postgresql://shop:hunter2@host"},
        {"STOREFRONT_DATABASE_URL": "hunter2"},
    ],
)
def test_no_error_shows_a_password(config: dict[str, Any]) -> None:
    """Addresses are named by their setting only."""
    assert "hunter2" not in refused(lambda: Storefront(make_app(**config), catalog=catalog()), next(iter(config)))


@pytest.mark.parametrize(
    ("adapters", "words"),
    [
        ({}, ["Storefront(catalog=", "MemoryCatalog"]),
        ({"catalog": object()}, ["catalog", "get_many"]),
        ({"catalog": MemoryCatalog([]), "orders": object()}, ["orders", "iter_orders"]),
        ({"catalog": MemoryCatalog([]), "cart": object()}, ["cart", "lines()"]),
        ({"catalog": MemoryCatalog([]), "consent": "full"}, ["consent", "callable"]),
    ],
)
def test_an_adapter_that_is_missing_or_none_is_refused(adapters: dict[str, Any], words: list[str]) -> None:
    """With the methods that are needed."""
    refused(lambda: Storefront(make_app(), **adapters), *words)


def test_without_any_order_adapter_catching_up_says_so(tmp_path: Path) -> None:
    """And how to have it."""
    app = make_app(STOREFRONT_DATA_FOLDER=str(tmp_path))
    storefront = Storefront(app, catalog=catalog())
    with app.app_context():
        refused(storefront.catch_up, "orders=")


def test_two_apps_in_one_process_know_nothing_of_each_other() -> None:
    """Settings, plans and parts are each app's own; one instance may serve both."""
    storefront = Storefront(catalog=catalog())
    first, second = make_app(STOREFRONT_CURRENCY="EUR"), make_app(STOREFRONT_CURRENCY="JPY")
    storefront.init_app(first)
    storefront.init_app(second)
    third = make_app(STOREFRONT_CURRENCY="USD")
    other = Storefront(third, catalog=catalog())
    found = []
    for app in (first, second, third):
        with app.app_context():
            services = app.extensions["storefront"].services
            found.append((services.settings.currency, services.app))
    assert found == [("EUR", first), ("JPY", second), ("USD", third)]
    with first.app_context():
        assert other is not storefront


def test_an_app_that_is_dropped_is_freed() -> None:
    """A module-level Storefront outlives the hundreds of apps of a test suite, and holds none of them."""
    storefront = Storefront(catalog=catalog())
    app = make_app()
    storefront.init_app(app)
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None
