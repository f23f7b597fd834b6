"""Who changed what: the audit log as a list."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, Response, request

from ... import audit
from ...proxies import current_storefront
from .language import say
from .pages import Paging, asked_page, link, show_page
from .rule_words import kind_words

SIZE = 50


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/log", "audit_log", listed)


def listed() -> Response:
    """``GET log``: changes, the newest first; ``subject``, ``by`` and ``page`` in the address."""
    subject = next((one for one in get_args(audit.Subject) if one == request.args.get("subject")), None)
    by, page = request.args.get("by", "").replace("\x00", "") or None, asked_page()
    rows, count = audit.entries(current_storefront.database, subject, by=by, page=page, size=SIZE)
    lines = [(entry, title_of(entry), words_of(entry), address_of(entry)) for entry in rows]
    paging = Paging(page, SIZE, count)
    return show_page("audit_log.html", lines=lines, subjects=subjects(), subject=subject, by=by, paging=paging)


def subjects() -> dict[audit.Subject, str]:
    """The kinds of things that change, in words."""
    return {
        "bundle": say("Bundle"),
        "proposal": say("Proposal"),
        "placement": say("Slots"),
        "rule": say("Rule"),
    }


def words_of(entry: audit.Entry) -> str:
    """What was done, in a word or two."""
    words = {
        "create": say("created"),
        "edit": say("changed"),
        "publish": say("published"),
        "unpublish": say("taken back to draft"),
        "archive": say("archived"),
        "undo": say("undone"),
        "duplicate": say("duplicated"),
        "delete": say("deleted"),
        "enable": say("switched on"),
        "disable": say("switched off"),
        "accept": say("accepted"),
        "reject": say("rejected"),
        "unreject": say("proposed again"),
        "reset": say("set back"),
        "import": say("imported"),
    }
    return words.get(entry.action, entry.action)


def title_of(entry: audit.Entry) -> str:
    """What the subject was called: of a rule its kind in words, and the product."""
    if entry.subject == "rule":
        kind, colon, what = entry.title.partition(": ")
        word = next((words for name, words in kind_words().items() if name == kind), None)
        return say("%(kind)s: %(what)s", kind=word, what=what) if word and colon else entry.title or entry.subject_id
    return entry.title or entry.subject_id


def address_of(entry: audit.Entry) -> str | None:
    """The page of the subject, where it has one."""
    if entry.subject == "bundle" and entry.subject_id.isdigit():
        return link("bundle_edit", bundle_id=int(entry.subject_id))
    if entry.subject == "placement":
        return link("slots_edit", placement=entry.subject_id)
    return link("rules") if entry.subject == "rule" else None
