"""Rendering a merchant's page, its messages about the last change, and the rules of a change: an editor, our page and token."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, redirect, request, session, url_for
from markupsafe import Markup

from ...proxies import current_services
from ...web.http import local_path
from ...web.http import way_back as page_before
from ...web.widgets.rendering import STYLESHEET, asset_url
from . import i18n as language
from .access import current_merchant, may_edit
from .forms import TOKEN, AdminForm
from .i18n import _
from .templates import environment

Kind: TypeAlias = Literal["done", "warning", "error"]

_KEY = "storefront_notices"
_MOST = 5
_ROOM = 1500
"""Bytes of all messages: a browser drops a cookie above 4 KB, and the shop's own things are in it too."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message. *undo* is the address of a POST that takes the change back, with *fields*; "" where there is none.

    *redo* says that the change was one that took something back.
    """

    text: str
    kind: Kind = "done"
    undo: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    redo: bool = False


def flash(text: str, kind: Kind = "done", undo: str = "", redo: bool = False, **fields: object) -> None:
    """Show *text* on the next page."""
    notice: dict[str, Any] = {"text": text[:300], "kind": kind}
    if undo:
        notice |= {"undo": undo, "fields": {name: str(value) for name, value in fields.items()}}
        notice |= {"redo": True} if redo else {}
    kept = [*session.get(_KEY, []), notice][-_MOST:]
    while len(kept) > 1 and len(json.dumps(kept)) > _ROOM:
        del kept[0]
    session[_KEY] = kept


def take_notices() -> list[Notice]:
    """The messages for this page; they are shown once."""
    return [Notice(**notice) for notice in session.pop(_KEY, [])]


class AdminBlueprint(Blueprint):
    """The merchant's pages of one app.

    Attributes:
        sections: The label of each entry of the navigation, marked with `N_`, by the endpoint of its page. Pages put it
            there when they are registered; addresses below that page's belong to its section.
    """

    def __init__(self, name: str, url_prefix: str) -> None:
        super().__init__(name, __name__, url_prefix=url_prefix)
        self.sections: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation."""

    label: str
    address: str
    is_current: bool


def sections() -> list[Section]:
    """The entries in their order, in the language of the request."""
    admin = current_app.blueprints[f"{current_services.name}-admin"]
    entries = admin.sections.items() if isinstance(admin, AdminBlueprint) else ()
    return [Section(_(label), link(name), _is_below(link(name))) for name, label in entries]


def _is_below(address: str) -> bool:
    now = request.script_root + request.path
    return now == address or (now.startswith(f"{address}/") and address != link("home"))


_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def link(endpoint: str, **values: Any) -> str:
    """The address of one of our pages, by the name it was registered under."""
    return url_for(f"{current_services.name}-admin.{endpoint}", **values)


def here(**changed: object) -> str:
    """The address of this page with its query *changed*; None takes a name out."""
    given: dict[str, Any] = {name: request.args.getlist(name) for name in request.args} | changed
    query = urlencode({name: value for name, value in given.items() if value not in (None, "", [])}, doseq=True)
    # Not by url_for: it takes names such as _scheme for its own, and these come from whoever wrote the address.
    return url_for(request.endpoint or "", **(request.view_args or {})) + (f"?{query}" if query else "")


def show_page(template: str, status: int = 200, **context: Any) -> Response:
    """The page ``widgets/admin/<template>`` with *context* and what every page has.

    Templates get: ``_`` and ``ngettext``; ``link``, ``here``, ``asset``; ``merchant``, ``may_edit``; ``token()`` (the
    hidden field of a form); ``notices``; ``language``, ``zone``; and the filters of `templates.FILTERS`.
    """
    notices = take_notices() if current_merchant() else ()  # a stranger's page is the same whatever happened before
    return Response(_render(template, **context, notices=notices), status, mimetype="text/html")


def show_part(template: str, status: int = 200, **context: Any) -> Response:
    """A part of a page, for the script; with the same names, and notices are kept for the next page."""
    return Response(_render(template, **context, notices=()), status, mimetype="text/html")


def _render(template: str, **context: Any) -> str:
    texts = language.admin_texts()
    loaded = environment().get_template(f"storefront/admin/{template}")
    return loaded.render(
        context,
        _=texts.gettext,
        ngettext=texts.ngettext,
        language=texts.language,
        link=link,
        here=here,
        asset=asset_url,
        stylesheet=STYLESHEET,
        sections=sections(),
        shop=request.script_root + current_services.settings.shop_path,
        merchant=current_merchant(),
        may_edit=may_edit(),
        token=hidden_token,
        zone=current_services.settings.timezone,
    )


def hidden_token() -> Markup:
    """The hidden field that every posted form needs."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN, AdminForm()[TOKEN].current_token)


def editors_only(view: Callable[_Arguments, _Answer]) -> Callable[_Arguments, _Answer]:
    """A view that only the role ``edit`` may call; others get the same 403 as at any address."""

    @wraps(view)
    def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Answer:
        if not may_edit():
            abort(403)
        return view(*args, **kwargs)

    return guarded


def change(view: Callable[_Arguments, Response]) -> Callable[_Arguments, Response]:
    """A view behind a button: editors only, with our token; one that is too old leads back with the remedy.

    Views with a form of their own use `editors_only` and validate their `AdminForm`, which keeps what was typed.
    """

    @wraps(view)
    def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Response:
        if not may_edit():
            abort(403)
        if not AdminForm().validate_on_submit():
            flash(language._("This page has expired. Press the button again."), "error")
            return see_other(page_before(request))
        return view(*args, **kwargs)

    return guarded


def see_other(address: str) -> Response:
    """Go on to *address* with GET, so that reloading repeats no change."""
    answer: Response = redirect(address, 303)  # type: ignore[assignment]
    return answer


def way_back(endpoint: str, **values: Any) -> str:
    """The page to go back to: one of ours that the form names in ``back``, else *endpoint*."""
    given, start = request.form.get("back", ""), link("home")
    own = local_path(given) is not None and given.startswith(f"{start}/") and "//" not in given and "/." not in given
    return given if own else link(endpoint, **values)
