"""What a template is documented to get is what it gets, and all that it uses: shops override templates by it."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from storefront_plugin.core.folders import WIDGETS
from storefront_plugin.recommending.plan import Slot
from storefront_plugin.web.widgets.contexts import (
    AnswerView,
    CardView,
    FormView,
    HeadView,
    NoticeView,
    PartView,
    PlacementView,
    PriceView,
    StarsView,
    TogetherView,
)
from storefront_plugin.web.widgets.slot_contexts import (
    AppliedView,
    BundlesView,
    BundleView,
    ComponentView,
    LackView,
    NearView,
    OptionView,
    SlotView,
    TierView,
)

TEMPLATES = sorted(path.name for path in WIDGETS.glob("*.html"))
TYPES = {
    "card": CardView, "card.form": FormView, "head": HeadView, "part": PartView, "part.card": CardView, "price": PriceView,
    "placement": PlacementView, "slot": SlotView, "slot.together": TogetherView, "stars": StarsView, "together": TogetherView,
    "slot.settings": Slot,
    "slot.bundles": BundlesView, "bundles": BundlesView, "bundle": BundleView, "tier": TierView, "tier.price": PriceView,
    "component": ComponentView, "component.card": CardView, "option": OptionView, "deal": AppliedView, "near": NearView,
    "lack": LackView, "lack.card": CardView, "answer": AnswerView, "notice": NoticeView,
}  # fmt: skip
WHOLE = {
    "head.html": "head", "placement.html": "placement", "slot.html": "slot", "together.html": "slot.together",
    "bundles.html": "slot.bundles", "_bundle.html": "bundle", "_card.html": "card", "_part.html": "part",
    "_price.html": "price", "_stars.html": "stars", "_notice.html": "notice", "answer.html": "answer",
}  # fmt: skip


def fields(kind: type) -> set[str]:
    """The names that a context has."""
    return set(signature(kind).parameters)


def comment_of(template: str) -> str:
    found = re.match(r"\{#-(.*?)-#\}", (WIDGETS / template).read_text(), re.DOTALL)
    assert found, f"{template} does not open with a comment"
    return found[1]


def documented(template: str) -> set[str]:
    """The names at the beginning of the comment's lines."""
    return set(re.findall(r"^    ([a-z_]+(?:\.[a-z_]+)+) ", comment_of(template), re.MULTILINE))


def used(template: str) -> set[str]:
    """Every dotted name in the template, as ``card.title``."""
    tree = Environment().parse((WIDGETS / template).read_text())
    return {dotted(node) for node in tree.find_all(nodes.Getattr)} - {""}


def dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    inner = dotted(node.node) if isinstance(node, nodes.Getattr) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, nodes.Getattr) else ""


@pytest.mark.parametrize(("template", "name"), WHOLE.items())
def test_the_comment_lists_every_field_of_the_context(template: str, name: str) -> None:
    """A shop that overrides the template learns from the comment all it can use."""
    listed = {each.removeprefix(f"{name}.") for each in documented(template) if each.startswith(f"{name}.")}
    assert listed == fields(TYPES[name])


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_uses_nothing_that_its_context_lacks(template: str) -> None:
    """Every dotted name is a field of a documented class."""
    for name in used(template):
        owner, _, attribute = name.rpartition(".")
        if owner in TYPES:
            assert attribute in fields(TYPES[owner]), name


@pytest.mark.parametrize("name", sorted({kind.__name__ for kind in TYPES.values()}))
def test_every_field_is_explained_in_the_class(name: str) -> None:
    """The docstring of each context names all its fields."""
    kind = next(each for each in TYPES.values() if each.__name__ == name)
    assert all(f"{name}:" in (kind.__doc__ or "") for name in fields(kind))


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_work_under_a_strict_content_security_policy(template: str) -> None:
    """No inline script, style or handler, and no id that could clash with the shop's: ours tell whose they are."""
    text = Path(WIDGETS / template).read_text()
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\s(style|on[a-z]+)=", text)
    assert not re.search(r"\sid=(?!\"storefront-)", text)
