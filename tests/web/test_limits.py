"""Our own limits: an address that asks too often waits, others do not, and the shop's limiter is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from small_shop import SmallShop
from werkzeug.test import EnvironBuilder

from storefront_plugin import CartLine, ConfigurationError
from storefront_plugin.core.settings import Settings
from storefront_plugin.web import limits
from storefront_plugin.web.limits import RecentRequests, client_address

FRAGMENT = "/storefront/fragment/product?product=p1"
ASK = "/storefront/api/recommendations?strategy=related&product=p1"
NOWHERE = "/storefront/api/nowhere"


class OpenCart:
    """A cart that takes everything and holds nothing."""

    def lines(self) -> Sequence[CartLine]:
        return ()

    def add_form(self, product: object) -> None:
        return None

    def add(self, lines: Sequence[CartLine]) -> None:
        """Takes *lines*."""


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


@pytest.fixture
def app(make_shop: Callable[..., SmallShop]) -> Flask:
    """Ten fragments a minute, and so two of the others."""
    return make_shop(cart=OpenCart(), STOREFRONT_REQUESTS_PER_MINUTE=10).app


def browser(app: Flask, address: str = "198.51.100.7") -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def codes(client: FlaskClient, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_too_many_fragments_are_refused_without_content(app: Flask, clock: Clock) -> None:
    """The page stays as it is; the answer says when to come again, and no cache keeps it."""
    client = browser(app)
    assert set(codes(client, FRAGMENT, 10)) <= {200, 204}
    clock.now += 15
    response = client.get(FRAGMENT)
    assert (response.status_code, response.data, response.headers["Retry-After"]) == (429, b"", "45")
    assert response.cache_control.no_store


def test_too_many_questions_are_refused_in_json(app: Flask, clock: Clock) -> None:
    """A fifth of the setting; unknown addresses count too."""
    client = browser(app)
    assert [client.get(ASK).status_code, client.get(NOWHERE).status_code] == [200, 404]
    response = client.get(ASK)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert (response.json["code"], response.json["status"]) == (429, "Too Many Requests")


def test_too_many_posts_to_the_cart_are_refused_by_the_shops_page(app: Flask, clock: Clock) -> None:
    """A person sees it, so the shop's own error page answers."""
    app.register_error_handler(429, lambda error: (f"<h1>Wait for {error.retry_after} seconds</h1>", 429))
    client = browser(app)
    answers = [client.post("/storefront/cart", data={"product": "p1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[-1].text == "<h1>Wait for 60 seconds</h1>"
    assert browser(app).get(ASK).status_code == 200


def test_posts_that_another_site_made_cost_the_shopper_nothing(app: Flask, clock: Clock) -> None:
    """They are refused before they are counted."""
    client = browser(app)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert {client.post("/storefront/cart", headers=foreign).status_code for _ in range(5)} == {403}
    assert client.post("/storefront/cart", data={"product": "p1"}).status_code == 303


def test_each_address_has_a_budget_of_its_own_that_comes_back(app: Flask, clock: Clock) -> None:
    """The window moves: what is a minute old no longer counts."""
    client, other = browser(app), browser(app, "203.0.113.9")
    assert codes(client, NOWHERE, 1) == [404]
    clock.now += 40
    assert codes(client, NOWHERE, 2) == [404, 429]
    assert codes(other, NOWHERE, 1) == [404]
    clock.now += 20.1
    assert codes(client, NOWHERE, 2) == [404, 429]


def test_refused_requests_do_not_prolong_the_wait(app: Flask, clock: Clock) -> None:
    """Only answers count, so that an impatient client is let in again."""
    client = browser(app)
    assert codes(client, NOWHERE, 20).count(429) == 18
    clock.now += 60.1
    assert codes(client, NOWHERE, 1) == [404]


def test_apps_count_apart(app: Flask, make_shop: Callable[..., SmallShop], clock: Clock) -> None:
    """Two shops in a process."""
    other = make_shop(STOREFRONT_REQUESTS_PER_MINUTE=10).app
    assert codes(browser(app), NOWHERE, 3)[-1] == 429
    assert codes(browser(other), NOWHERE, 1) == [404]


def test_zero_is_no_limit(make_shop: Callable[..., SmallShop]) -> None:
    """For shops that limit in front of the app."""
    app = make_shop(STOREFRONT_REQUESTS_PER_MINUTE=0).app
    assert codes(browser(app), NOWHERE, 200) == [404] * 200
    assert "storefront.limits" not in app.extensions


def test_a_setting_below_five_still_lets_one_question_pass(make_shop: Callable[..., SmallShop]) -> None:
    """Only 0 means something else."""
    app = make_shop(STOREFRONT_REQUESTS_PER_MINUTE=1).app
    assert codes(browser(app), NOWHERE, 2) == [404, 429]


@pytest.mark.parametrize("value", [-1, 1.5, "600", True, None])
def test_an_unusable_number_is_refused_at_mount(value: object) -> None:
    """With what it should be."""
    with pytest.raises(ConfigurationError, match=r"STOREFRONT_REQUESTS_PER_MINUTE .* whole number"):
        Settings.from_config({"STOREFRONT_REQUESTS_PER_MINUTE": value})


def test_old_addresses_are_forgotten(clock: Clock) -> None:
    """Memory is bounded by the requests of the last minute."""
    recent = RecentRequests()
    for number in range(1000):
        assert recent.acquire_entry(f"address {number}", 5, 60)
        clock.now += 1
    assert len(recent) == 60


def address_of(peer: str | None, forwarded: str | None = None) -> str | None:
    environ = EnvironBuilder(headers={"X-Forwarded-For": forwarded} if forwarded else {}).get_environ()
    if peer is not None:
        environ["REMOTE_ADDR"] = peer
    return client_address(Request(environ))


def test_a_client_cannot_choose_its_address() -> None:
    """What a peer from the internet says about itself is not heard."""
    assert address_of("198.51.100.7") == "198.51.100.7"
    assert address_of("8.8.8.8", "1.1.1.1") == "8.8.8.8"


def test_behind_a_proxy_that_flask_does_not_know_shoppers_are_told_apart() -> None:
    """Else the proxy would be one client and use up the budget of all; only what it added itself is heard."""
    assert address_of("127.0.0.1", "6.6.6.6, 8.8.4.4") == "8.8.4.4"
    assert address_of("10.0.0.2", "nonsense") == "10.0.0.2"
    assert address_of("10.0.0.2") == "10.0.0.2"
    assert address_of("", "8.8.4.4") == "8.8.4.4"  # a Unix socket has no address


def test_who_has_no_address_is_not_limited() -> None:
    """All of them would be one."""
    assert address_of(None) is None
    assert address_of("", "unknown") is None


def test_a_network_of_sixty_four_bits_is_one_client() -> None:
    """A home has 2⁶⁴ addresses; an IPv4 address written as IPv6 stays itself."""
    assert address_of("2606:4700:1:2::1") == address_of("2606:4700:1:2:ffff::9")
    assert address_of("2606:4700:1:2::1") != address_of("2606:4700:1:3::1")
    assert address_of("::ffff:8.8.8.8") == "8.8.8.8"
