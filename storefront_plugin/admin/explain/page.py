"""Why a page shows what it shows: every candidate of every slot, and pins and exclusions made from there."""

from __future__ import annotations

from typing import Literal

from flask import Response, request

from ...core.errors import N_, InputError, StorefrontError
from ...proxies import current_services
from ...recommending.plan import PLACEMENTS, running
from ...recommending.rules.rule import Rule, SeedKind
from ...recommending.strategies import STRATEGIES
from ...shop.ports import clean_id
from ..kit import products
from ..kit.access import merchant_name
from ..kit.catalogue_names import FoundName, category_name, resolve_name
from ..kit.changes import flash_change
from ..kit.forms import unclear
from ..kit.i18n import _, error_text
from ..kit.pages import AdminBlueprint, change, flash, link, see_other, show_page, way_back
from ..kit.preview_page import ABOUT_MANY, ABOUT_ONE, MOST, requested_page, usual_product
from ..kit.products import Found
from ..rules.labels import log_title, summary
from ..slots.labels import placement_labels
from .rows import SlotTable, slot_tables


def register(blueprint: AdminBlueprint) -> None:
    blueprint.sections["explain"] = N_("Inspect")
    blueprint.add_url_rule("/explain", "explain", explained)
    blueprint.add_url_rule("/explain/rule", "explain_rule", make_rule, methods=["POST"])


def explained() -> Response:
    """``GET explain``: the page asked for by ``placement``, ``product`` (repeated for a cart) and ``category``.

    ``add`` is typed and becomes a product of the page; ``all`` names the slot whose rows are all shown.
    """
    placement = _placement()
    typed = next((text for text in reversed(request.args.getlist("add")) if text.strip()), "")
    found = products.resolve(typed)
    chosen = _chosen(placement, found)
    if found.product is not None:
        more = "add" if placement in ABOUT_MANY else None  # where the next product of a cart is typed
        return see_other(link("explain", placement=placement, product=chosen, _anchor=more))
    typed_category = next(
        (text.strip()[:255] for text in reversed(request.args.getlist("category")) if text.strip()), ""
    )
    found_category = resolve_name("categories", typed_category) if typed_category else FoundName()
    category = found_category.id or ""
    ready = _is_ready(placement, chosen, category)
    tables, trouble = _tables(placement, chosen, category) if ready else ([], "")
    return show_page(
        "explain/page.html",
        503 if trouble else 200,
        placement=placement,
        placements=[(name, label, _about(name)) for name, label in placement_labels().items()],
        about=_about(placement),
        chosen=[products.views([one])[one] for one in chosen],
        category=category,
        typed_category=typed_category,
        found_category=found_category,
        unclear=unclear,
        called=name if category and (name := category_name(category)) != category else "",
        requested=found,
        typed=typed[:255],
        ready=ready,
        usual=None if ready else usual_product(),
        tables=tables,
        trouble=trouble,
    )


@change
def make_rule() -> Response:
    """``POST explain/rule``: ``act`` (pin or exclude) ``target`` on the page that the other fields name."""
    form = request.form
    placement = next((one for one in PLACEMENTS if one == form.get("placement")), None)
    seeds, act = form.getlist("product")[:MOST], form.get("act")
    try:
        seed_kind, seed_value = _seed(placement, seeds, form.get("category", ""))
        rule = Rule(
            kind="pin" if act == "pin" else "exclude",
            seed_kind=seed_kind,
            seed_value=seed_value,
            target_value=clean_id(form.get("target", "")),
            placement=placement,
            strategy=next((one for one in STRATEGIES if one == form.get("strategy") and act == "pin"), None),
        )
        done = current_services.rules.put(rule, merchant_name(), title=log_title(rule))
    except InputError as error:
        flash(error_text(error), "error")
    else:
        flash_change(_("Rule created: %(rule)s.", rule=summary(rule)), [done.entry], "rule_undo", "rules")
    return see_other(way_back("rules"))


def _seed(placement: str | None, seeds: list[str], category: str) -> tuple[SeedKind, str | None]:
    """Which pages the rule is for: those about the only product or the category, else all of the page type."""
    if placement == "category" and category:
        return "category", category
    if len(seeds) == 1 and placement in ABOUT_ONE | ABOUT_MANY:
        return "product", clean_id(seeds[0])
    return "any", None


def _about(placement: str) -> Literal["product", "products", "category", ""]:
    """What a page of this type is about."""
    if placement in ABOUT_ONE:
        return "product"
    if placement in ABOUT_MANY:
        return "products"
    return "category" if placement == "category" else ""


def _placement() -> str:
    return next((one for one in PLACEMENTS if one == request.args.get("placement")), "product")


def _chosen(placement: str, found: Found) -> list[str]:
    """The products of the page: one of a product page, the cart in its order else; the one just typed is the last."""
    given = [text for text in request.args.getlist("product") if text][:MOST]
    typed = [found.product.id] if found.product is not None else []
    everything = list(dict.fromkeys(given + typed))
    return everything[-1:] if placement in ABOUT_ONE else everything[-MOST:]


def _is_ready(placement: str, chosen: list[str], category: str) -> bool:
    if placement in ABOUT_ONE | ABOUT_MANY:
        return bool(chosen)
    return bool(category) or placement != "category"


def _tables(placement: str, chosen: list[str], category: str) -> tuple[list[SlotTable], str]:
    """The slots explained, or what hinders it, in words."""
    parts = current_services
    slots = running(parts.suggestions.plan[placement])
    try:
        slots_explained = parts.suggestions.explain(requested_page(placement, chosen, category or None), slots)
        return slot_tables(slots_explained, parts.snapshots.current.rules.rules, request.args.get("all", "")), ""
    except StorefrontError as error:
        return [], error_text(error)
