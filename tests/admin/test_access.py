"""The merchant's pages are for those whom the shop lets in; everybody else learns nothing and changes nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Response
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from made_bundles import set_of
from merchant_pages import HOME, Probe, add_probe, addresses, fields_of, signed_in, soup_of, token_of
from shop_pages import add_pages
from small_shop import SmallShop

from storefront_plugin import ConfigurationError, Merchant
from storefront_plugin.bundles.price import percent_off
from storefront_plugin.bundles.store.repository import BundleRepository
from storefront_plugin.core.sql import audit
from storefront_plugin.core.sql.database import Base

MakeShop = Callable[..., SmallShop]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
UNKNOWN = [f"{HOME}/nothing", f"{HOME}/bundles/77777/nothing", f"{HOME}/probe/1/2/3", f"{HOME}/rules/abc"]
EDITORS_PAGES = {"storefront-admin.bundle_code", "storefront-admin.bundle_new", "storefront-admin.rule_new"}
"""Pages that only editors see: a code that is worth money, forms that make something."""

CHANGES_EVERY_TIME = {"Date", "Content-Length", "Set-Cookie"}


@pytest.fixture
def probed(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> tuple[SmallShop, Probe]:
    """A shop with a page made for tests, a bundle (1) and an entry of the log."""
    shop, probe = add_probe(monkeypatch, make_shop, TESTING=False, STOREFRONT_DRAIN="off")
    with shop.app.app_context():
        BundleRepository(shop.storefront.database).create(set_of("p1", "p2", price=percent_off(10)), "First editor")
    return shop, probe


def answer_of(response: Any) -> tuple[int, str, dict[str, str]]:
    """What tells one answer from another: status, body without tokens, and headers."""
    body = re.sub(r'name="storefront_token" value="[^"]*"', "token", response.text)
    return response.status_code, body, {k: v for k, v in response.headers if k not in CHANGES_EVERY_TIME}


def stored(shop: SmallShop) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all our tables."""
    with shop.app.app_context(), shop.storefront.database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for name, table in Base.metadata.tables.items()
        }


def test_without_admin_access_nobody_comes_in_and_the_log_says_how(
    make_shop: MakeShop, caplog: pytest.LogCaptureFixture
) -> None:
    """A shop that never thought of the admin has no open door, and its developer finds the remedy, once."""
    shop = make_shop()
    answers = {
        shop.app.test_client().open(path, method=method).status_code
        for _, path in addresses(shop)
        for method in METHODS
    }
    assert answers == {403}
    assert [record.message for record in caplog.records if "admin_access" in record.message] == [
        "Storefront's admin is closed to everyone: mount with Storefront(admin_access=…), a callable that "
        "returns Merchant(name, role) for the current request, or None."
    ]


async def _later() -> Merchant:
    return Merchant("First editor")


@pytest.mark.parametrize("answer", [Merchant("First editor"), Merchant("First editor", "view"), True, "view", "edit"])
def test_whom_the_shop_names_comes_in(make_shop: MakeShop, answer: object) -> None:
    """A Merchant, a role as text, or True for an editor without a name."""
    shop = make_shop(admin_access=lambda: answer)
    assert shop.app.test_client().get(HOME).status_code == 200


def test_who_comes_in_may_be_said_after_the_mount(make_shop: MakeShop) -> None:
    """A shop whose login is defined later sets the attribute."""
    shop = make_shop()
    shop.storefront.admin_access = lambda: Merchant("First editor")
    assert shop.app.test_client().get(HOME).status_code == 200
    with pytest.raises(ConfigurationError, match="needs a callable"):
        shop.storefront.admin_access = "edit"


class Agreeable:
    """Equal to everything, as some proxies and mocks are."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "answer",
    [
        1,
        "admin",
        "EDIT",
        b"edit",
        {"role": "edit"},
        ("First editor", "edit"),
        Agreeable(),
        Merchant,
        SimpleNamespace(role="edit"),
    ],
    ids=lambda answer: type(answer).__name__,  # no address in memory: both processes of a run must find the same names
)
def test_an_answer_that_is_not_understood_opens_nothing(
    make_shop: MakeShop, caplog: pytest.LogCaptureFixture, answer: object
) -> None:
    """Truthy is not enough; the log names what to return."""
    shop = make_shop(admin_access=lambda: answer)
    assert shop.app.test_client().get(HOME).status_code == 403
    assert "return Merchant(name, role), 'view', 'edit', True or None" in caplog.text


@pytest.mark.parametrize("answer", [None, False])
def test_whom_the_shop_does_not_name_stays_out_quietly(
    make_shop: MakeShop, caplog: pytest.LogCaptureFixture, answer: object
) -> None:
    """Shoppers who try the address are no news for the log."""
    shop = make_shop(admin_access=lambda: answer)
    with caplog.at_level(logging.WARNING):
        assert shop.app.test_client().get(HOME).status_code == 403
    assert caplog.text == ""


def test_an_admin_access_that_raises_opens_nothing(make_shop: MakeShop, caplog: pytest.LogCaptureFixture) -> None:
    """In production it is logged; in the shop's own tests it raises."""

    def broken() -> Merchant:
        raise LookupError("no such user")

    shop = make_shop(admin_access=broken, TESTING=False)
    assert shop.app.test_client().get(HOME).status_code == 403
    assert "no such user" in caplog.text
    shop.app.testing = True
    with pytest.raises(LookupError):
        shop.app.test_client().get(HOME)


def test_a_stranger_gets_the_same_answer_everywhere(probed: tuple[SmallShop, Probe]) -> None:
    """Known or unknown address, an id that exists or not, with or without slash: status, body and headers are one."""
    shop, _ = probed
    known = {path for _, path in addresses(shop)} | {path for _, path in addresses(shop, 987654, "nothing")}
    for method in METHODS:
        client = shop.app.test_client()
        paths = [*sorted(known), *UNKNOWN]
        answers = {path: answer_of(client.open(path, method=method)) for path in paths}
        answers |= {f"{path}/": answer_of(client.open(f"{path}/", method=method)) for path in paths if path[-1] != "/"}
        expected = answers[UNKNOWN[0]]
        assert expected[0] == 403
        assert {path for path, answer in answers.items() if answer != expected} == set(), method


def test_numbers_that_no_database_holds_are_not_found(probed: tuple[SmallShop, Probe]) -> None:
    """A guessed id of twenty digits is an address without a page, not an error of the database."""
    shop, _ = probed
    client = signed_in(shop)
    paths = {path for rule, path in addresses(shop, 10**20) if rule.endpoint != "storefront-admin.not_found"}
    guessed = [path for path in paths if str(10**20) in path]
    assert len(guessed) > 4
    for path in guessed:
        data = {"storefront_token": token_of(client), "version": "1", "kind": "set"}
        answers = {client.get(path).status_code, client.post(path, data=data).status_code}
        assert answers == {404}, path


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND"])
def test_odd_methods_tell_nothing_either(probed: tuple[SmallShop, Probe], method: str) -> None:
    """Not even through the header that lists what an address allows."""
    shop, _ = probed
    client = shop.app.test_client()
    found = set()
    for path in [*(path for _, path in addresses(shop)), *UNKNOWN]:
        answer = client.open(path, method=method)
        found.add((answer.status_code, frozenset(str(answer.headers.get("Allow")).split(", "))))
    assert len(found) == 1, found


def test_two_slashes_tell_nothing(probed: tuple[SmallShop, Probe]) -> None:
    """Werkzeug leads such addresses to the plain one, whether there is a page or not."""
    client = probed[0].app.test_client()
    known, unknown = client.get(f"{HOME}//log"), client.get(f"{HOME}//nothing")
    assert known.status_code == unknown.status_code


def test_a_viewer_sees_every_page_and_changes_nothing(probed: tuple[SmallShop, Probe]) -> None:
    """Each address that takes a change answers 403 before it reads the form, with a good token too."""
    shop, probe = probed
    viewer, before = signed_in(shop, "view"), stored(shop)
    token = token_of(viewer)
    for rule, path in addresses(shop):
        for method in set(CHANGING) & rule.methods:  # type: ignore[operator]
            answer = viewer.open(path, method=method, data={"storefront_token": token, "title": "x"})
            assert answer.status_code == 403, (method, path)
        if "GET" in rule.methods and rule.endpoint != "storefront-admin.not_found":  # type: ignore[operator]
            expected = (403,) if rule.endpoint in EDITORS_PAGES else (200, 302, 303, 404)
            assert viewer.get(path).status_code in expected, path
    assert viewer.post(f"{HOME}/nothing").status_code == 403
    assert (probe.saved, probe.pressed, stored(shop)) == ([], 0, before)
    assert "View only" in viewer.get(HOME).text


def test_an_editor_may_change(probed: tuple[SmallShop, Probe]) -> None:
    """With the token of a page, from that page."""
    shop, probe = probed
    editor = signed_in(shop)
    answer = editor.post(f"{HOME}/probe", data={"storefront_token": token_of(editor), "title": "x"})
    assert (answer.status_code, answer.location) == (303, f"{HOME}/probe")
    assert [saved["title"] for saved in probe.saved] == [["x"]]


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=repr)
def test_nothing_is_posted_from_another_site(probed: tuple[SmallShop, Probe], headers: dict[str, str]) -> None:
    """An editor's own browser, sent by a foreign page with a good token: refused at every address, fields not shown."""
    shop, probe = probed
    editor = signed_in(shop)
    token, before = token_of(editor), stored(shop)
    for rule, path in addresses(shop):
        for method in set(CHANGING) & rule.methods:  # type: ignore[operator]
            data = {"storefront_token": token, "title": "sent from elsewhere"}
            answer = editor.open(path, method=method, data=data, headers=headers)
            assert answer.status_code == 403, (method, path)
            assert "sent from elsewhere" not in answer.text
    assert (probe.saved, probe.pressed, stored(shop)) == ([], 0, before)


def test_another_site_may_link_to_a_page_and_not_read_it(probed: tuple[SmallShop, Probe]) -> None:
    """A link in a mail works; a script, picture or frame of another site gets nothing."""
    editor = signed_in(probed[0])
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert editor.get(HOME, headers=link).status_code == 200
    for mode, kind in (("no-cors", "script"), ("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe")):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
        assert editor.get(f"{HOME}/products?q=p1", headers=headers).status_code == 403


class OldSigner(TimestampSigner):
    """Signs as if thirteen hours ago."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() - 13 * 3600


def expired_token(shop: SmallShop, client: FlaskClient) -> str:
    """A token of this very session that was given out thirteen hours ago."""
    token_of(client)
    with client.session_transaction() as session:
        raw = session["storefront_token"]
    serializer = URLSafeTimedSerializer(shop.app.secret_key, salt="wtf-csrf-token", signer=OldSigner)  # type: ignore[arg-type]
    return str(serializer.dumps(raw))


@pytest.mark.parametrize("kind", ["missing", "empty", "forged", "expired", "of another session", "of the shop"])
def test_nothing_changes_without_a_good_token(probed: tuple[SmallShop, Probe], kind: str) -> None:
    """At every address that takes a post, whoever adds one later."""
    shop, probe = probed
    editor, before = signed_in(shop), stored(shop)
    token = {
        "missing": lambda: None,
        "empty": lambda: "",
        "forged": lambda: token_of(editor)[:-3] + "abc",
        "expired": lambda: expired_token(shop, editor),
        "of another session": lambda: token_of(signed_in(shop)),
        "of the shop": lambda: "csrf_token",
    }[kind]()
    for rule, path in addresses(shop):
        if "POST" in rule.methods:  # type: ignore[operator]
            data = {"title": "x"} | ({} if token is None else {"storefront_token": token})
            answer = editor.post(path, data=data)
            assert answer.status_code < 500, path
    assert (probe.saved, probe.pressed, stored(shop)) == ([], 0, before)


def mount_csrf(shop: SmallShop) -> None:
    CSRFProtect(shop.app)


def switch_csrf_off(shop: SmallShop) -> None:
    shop.app.config["WTF_CSRF_ENABLED"] = False


def mount_talisman(shop: SmallShop) -> None:
    Talisman(
        shop.app, force_https=False, content_security_policy={"default-src": "'none'"}, session_cookie_secure=False
    )


def mount_limiter(shop: SmallShop) -> None:
    Limiter(get_remote_address, app=shop.app, default_limits=["2 per minute"], storage_uri="memory://")


def mount_babel(shop: SmallShop) -> None:
    shop.app.config["BABEL_DEFAULT_LOCALE"] = "ja"
    Babel(shop.app)


HOSTS = [mount_csrf, switch_csrf_off, mount_talisman, mount_limiter, mount_babel]


@pytest.mark.parametrize("mount", HOSTS)
def test_our_own_token_counts_whatever_the_shop_has_mounted(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch, mount: Callable[[SmallShop], None]
) -> None:
    """With the shop's CSRF protection on, off or absent: ours is asked for, theirs is not."""
    shop, probe = add_probe(monkeypatch, make_shop, TESTING=False, STOREFRONT_DRAIN="off")
    mount(shop)
    editor = signed_in(shop)
    for _ in range(4):
        assert editor.get(f"{HOME}/probe").status_code == 200
    refused = editor.post(f"{HOME}/probe", data={"title": "kept"})
    assert refused.status_code == 422
    assert soup_of(refused).select("input[name=title]")[0]["value"] == "kept"
    assert probe.saved == []
    assert editor.post(f"{HOME}/probe/press").status_code == 303
    assert probe.pressed == 0
    saved = editor.post(f"{HOME}/probe", data={"storefront_token": token_of(editor), "title": "x"})
    assert saved.status_code == 303
    assert len(probe.saved) == 1


def test_the_shops_language_is_that_of_the_pages(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask-Babel decides, the 403 page too."""
    shop, _ = add_probe(monkeypatch, make_shop)
    mount_babel(shop)
    assert soup_of(signed_in(shop).get(HOME)).select("html")[0]["lang"] == "ja"
    assert soup_of(shop.app.test_client().get(HOME)).select("html")[0]["lang"] == "ja"


TYPED = [
    ("title", '<script>alert(1)</script>"'),
    ("moment", "2026-03-01T09:00"),
    ("tag", "one"),
    ("tag", ""),
    ("tag", "three & <b>"),
    ("text", "two\r\nlines"),
    ("مرحبا", "\u202eright to left"),
]


@pytest.mark.parametrize("forgets", [False, True], ids=["the session stays", "the session is emptied"])
def test_what_a_logged_out_merchant_typed_is_kept_and_saved_after_signing_in(
    probed: tuple[SmallShop, Probe], forgets: bool
) -> None:
    """The 403 page holds every field, escaped; the merchant signs in in another tab and sends it again."""
    shop, probe = probed
    client = signed_in(shop)
    token = token_of(client)
    if forgets:
        client.get("/sign-out")
    else:
        with client.session_transaction() as session:
            del session["role"]
    refused = client.post(f"{HOME}/probe", data=_multi([("storefront_token", token), *TYPED]))
    assert refused.status_code == 403
    page = soup_of(refused)
    assert page.select("script:not([src])") == []
    (form,) = page.select("main form")
    kept = fields_of(form)
    assert [field for field in kept if field[0] != "storefront_token"] == [
        (n, v.replace("\r\n", "\n")) for n, v in TYPED
    ]
    assert form.get("action") is None
    client.get("/sign-in/edit")
    saved = client.post(f"{HOME}/probe", data=_multi(kept))
    assert saved.status_code == 303
    assert probe.saved[0]["tag"] == ["one", "", "three & <b>"]


def _multi(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data


def test_a_form_larger_than_the_shop_allows_is_refused_like_any_other(probed: tuple[SmallShop, Probe]) -> None:
    """Nothing is kept of it, and nothing breaks."""
    shop, _ = probed
    shop.app.config["MAX_FORM_MEMORY_SIZE"] = 1000
    shop.app.config["MAX_CONTENT_LENGTH"] = 5000
    answer = shop.app.test_client().post(f"{HOME}/probe", data={"title": "x" * 9000})
    assert answer.status_code == 403
    assert soup_of(answer).select("main form") == []


def test_a_stranger_sees_no_notice_of_who_was_here_before(probed: tuple[SmallShop, Probe]) -> None:
    """A message that waits in the session is kept for the merchant."""
    client = signed_in(probed[0])
    client.post(f"{HOME}/probe/press", data={"storefront_token": token_of(client)})
    with client.session_transaction() as session:
        del session["role"]
    assert "Pressed" not in client.get(HOME).text
    client.get("/sign-in/edit")
    assert "Pressed" in client.get(HOME).text


def headers_of(shop: SmallShop) -> Iterator[tuple[str, Any]]:
    """Headers of pages, JSON, redirects and refusals."""
    editor, stranger = signed_in(shop), shop.app.test_client()
    for path in (HOME, f"{HOME}/log", f"{HOME}/probe", f"{HOME}/products?q=p1", f"{HOME}/nothing"):
        yield path, editor.get(path).headers
        yield f"{path} by a stranger", stranger.get(path).headers
    yield "a redirect", editor.post(f"{HOME}/probe/press", data={"storefront_token": token_of(editor)}).headers


def test_every_answer_is_private_and_sealed(probed: tuple[SmallShop, Probe]) -> None:
    """Kept by no cache, sniffed by no browser, framed by no other site, listed by no search engine."""
    for what, headers in headers_of(probed[0]):
        control = set(headers["Cache-Control"].split(", "))
        assert {"private", "no-store"} <= control, what
        assert "public" not in control, what
        assert headers["X-Content-Type-Options"] == "nosniff", what
        assert headers["X-Frame-Options"] == "SAMEORIGIN", what
        assert headers["X-Robots-Tag"] == "noindex", what
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'self'", what
        assert policy["frame-ancestors"] == "'self'", what
        assert "unsafe" not in str(policy), what


def test_the_shops_own_policy_wins(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set by Talisman, or by the shop's own hand in the view's answer."""
    shop, _ = add_probe(monkeypatch, make_shop)
    mount_talisman(shop)
    policies = {headers["Content-Security-Policy"] for _, headers in headers_of(shop)}
    assert policies == {"default-src 'none'"}


def test_a_shop_that_caches_everything_does_not_cache_us(make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that adds a default after us finds ours there."""
    shop, _ = add_probe(monkeypatch, make_shop)

    @shop.app.after_request
    def cached(response: Response) -> Response:
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "public, max-age=600"
        return response

    assert all("no-store" in headers["Cache-Control"] for _, headers in headers_of(shop))


def test_nothing_of_the_admin_is_in_the_shops_pages(probed: tuple[SmallShop, Probe]) -> None:
    """A merchant who shops gets the same bytes as everybody, and neither a link nor a name."""
    shop, _ = probed
    add_pages(shop)
    with shop.app.app_context():
        shop.place(["p1", "p2"], ["p1", "p2"])
        shop.storefront.services.snapshots.refresh()
    merchant, stranger = signed_in(shop), shop.app.test_client()
    merchant.get(HOME)
    pages = [client.get("/p/p1") for client in (merchant, stranger, merchant)]
    assert len({page.data for page in pages}) == 1
    assert "admin" not in pages[0].text
    assert "First editor" not in pages[0].text


@pytest.mark.parametrize(
    "given", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_redirects_stay_in_the_shop(probed: tuple[SmallShop, Probe], given: str) -> None:
    """Whatever the form or the browser says where it came from."""
    editor = signed_in(probed[0])
    for token in ("", token_of(editor)):
        data = {"storefront_token": token, "next": given}
        answer = editor.post(f"{HOME}/probe/press", data=data, headers={"Referer": given})
        assert answer.status_code == 303
        assert answer.location.startswith("/")
        assert not answer.location.startswith("//")
        assert "evil" not in answer.location


def test_an_address_cannot_plant_links_to_elsewhere(probed: tuple[SmallShop, Probe]) -> None:
    """Names that Flask's url_for knows are plain words of the query for us."""
    query = "_scheme=javascript&_external=1&_anchor=x&_method=POST&endpoint=home&subject=bundle&page=2"
    page = signed_in(probed[0]).get(f"{HOME}/log?{query}")
    assert page.status_code == 200
    links = [str(each["href"]) for each in soup_of(page).select("main a")]
    assert links
    assert all(link.startswith("/storefront/admin/") for link in links)


def test_who_asks_is_asked_again_in_every_request(probed: tuple[SmallShop, Probe]) -> None:
    """In a test suite whose app context lasts for many requests too."""
    shop, _ = probed
    with shop.app.app_context():
        assert signed_in(shop).get(HOME).status_code == 200
        assert shop.app.test_client().get(HOME).status_code == 403
        japanese = shop.app.test_client().get(HOME, headers={"Accept-Language": "ja"})
        assert soup_of(japanese).select("html")[0]["lang"] == "ja"


def test_the_log_names_who_changed_it(probed: tuple[SmallShop, Probe]) -> None:
    """And the page shows it to those who may come in."""
    shop, _ = probed
    with shop.app.app_context():
        entries, count = audit.entries(shop.storefront.database)
    assert (count, entries[0].changed_by) == (1, "First editor")
    assert "First editor" in soup_of(signed_in(shop, "view").get(f"{HOME}/log")).select("tbody")[0].text
