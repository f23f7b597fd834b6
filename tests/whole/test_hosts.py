"""Shops on several hosts or on a subdomain: our addresses are where the page is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template_string
from flask_sqlalchemy import SQLAlchemy
from small_shop import made_products

from storefront_plugin import MemoryCatalog, Storefront
from storefront_plugin.cli.installation import inspect

Mount: TypeAlias = Callable[..., Storefront]
PAGE = "{{ storefront.head() }}{{ storefront.placement('product', id) }}"


@pytest.fixture
def mount(tmp_path: Path, redis_url: str) -> Iterator[Callable[..., Storefront]]:
    """Mounts on an app with the product ``p1`` and a few others."""
    mounted: list[tuple[Flask, SQLAlchemy, Storefront]] = []

    def mount(app: Flask, **options: Any) -> Storefront:
        app.config.update(
            TESTING=True,
            SECRET_KEY="a key for tests",
            SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'shop.sqlite'}",
            STOREFRONT_REDIS_URL=redis_url,
            STOREFRONT_REDIS_PREFIX=f"t{uuid.uuid4().hex[:8]}",
            STOREFRONT_DEADLINE_MS=1000,
            STOREFRONT_CURRENCY="EUR",
        )
        db = SQLAlchemy(app)
        storefront = Storefront(app, catalog=MemoryCatalog(made_products()), **options)
        mounted.append((app, db, storefront))
        with app.app_context():
            storefront.init_db()
            storefront.rebuild()
        return storefront

    yield mount
    for app, db, storefront in mounted:
        with app.app_context():
            storefront.services.close()
            db.engine.dispose()


def visited(app: Flask, page: str) -> set[int]:
    """The statuses of what the page at the address *page* asks for, which is all on its own host."""
    where = urlsplit(page)
    client, base = app.test_client(), f"{where.scheme}://{where.netloc}"
    soup = BeautifulSoup(client.get(where.path, base_url=base).text, "html5lib")
    asked = [str(tag.get("href") or tag.get("src")) for tag in soup.select("link, script, storefront-fragment")]
    assert len(asked) == 4
    assert all(urlsplit(address).netloc in ("", where.netloc) for address in asked)
    more = ["/storefront/api/openapi.json", "/storefront/api/recommendations?strategy=bestsellers"]
    statuses = set()
    for address in [*asked, *more]:
        with client.get(address, base_url=base) as answer:
            statuses.add(answer.status_code)
    return statuses


@pytest.mark.parametrize("host", ["shop.test", "m.shop.test:8000"])
def test_with_host_matching_our_addresses_are_on_each_host(mount: Mount, tmp_path: Path, host: str) -> None:
    """Flask finds no address without a host there."""
    app = Flask("shop_on_hosts", instance_path=str(tmp_path), host_matching=True, static_host="static.shop.test")
    mount(app)

    @app.get("/p/<id>", host="<host>")
    def product(id: str, host: str) -> str:
        return render_template_string(PAGE, id=id)

    assert visited(app, f"http://{host}/p/p1") <= {200, 204}
    refused = app.test_client().get("/storefront/admin/", base_url=f"http://{host}")
    assert refused.status_code == 403


@pytest.mark.parametrize("others", [(), ("m",), ("m", "")])
def test_a_shop_on_a_subdomain_mounts_there(mount: Mount, tmp_path: Path, others: tuple[str, ...]) -> None:
    """And `check` tells of pages that are elsewhere."""
    app = Flask("shop_on_subdomains", instance_path=str(tmp_path), subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.test"

    def product(id: str) -> str:
        return render_template_string(PAGE, id=id)

    for subdomain in ("shop", *others):
        app.add_url_rule("/p/<id>", f"page of {subdomain}", product, subdomain=subdomain)
    storefront = mount(app, subdomain="shop")
    assert visited(app, "http://shop.example.test/p/p1") <= {200, 204}
    with app.app_context():
        told = [one for one in inspect(storefront.services) if "Storefront(subdomain" in one.text]
    assert [one.level for one in told] == (["warning"] if others else [])
    where = [
        "The shop has pages on",
        *(["the host without a subdomain,"] if "" in others else []),
        "the subdomain 'm',",
    ]
    assert all(one.text.startswith(f"{' '.join(where)} but our addresses are on the subdomain 'shop':") for one in told)


@pytest.mark.parametrize("same_site", [None, "None"])
def test_check_tells_whether_other_origins_have_cookies(mount: Mount, tmp_path: Path, same_site: str | None) -> None:
    """By the origins that the extension was mounted with, whatever the configuration says later."""
    app = Flask("shop_of_a_front_end", instance_path=str(tmp_path))
    app.config.update(SESSION_COOKIE_SAMESITE=same_site, SESSION_COOKIE_SECURE=True)
    app.config["STOREFRONT_ORIGINS"] = ["https://www.shop.example"]
    storefront = mount(app)
    app.config["STOREFRONT_ORIGINS"] = ["https://other.example"]
    with app.app_context():
        told = [one for one in inspect(storefront.services) if "may read the JSON API" in one.text]
    assert [one.level for one in told] == ["ok" if same_site else "warning"]
    assert told[0].text.startswith("Pages of https://www.shop.example may")
