"""The editor of one rule."""

from __future__ import annotations

from flask import request

from ...core.errors import N_
from ...proxies import current_services
from ...recommending.rules.rows import load_rule
from ...recommending.rules.rule import RULE_KINDS, Rule
from ..kit.editors import Editor
from .form import RuleForm
from .labels import called, describe, log_title, look_up, summary, warnings
from .preview import preview_of


def _new() -> Rule:
    """``kind``, ``target`` and ``seed`` (product ids) in the address fill the form in."""
    seed = request.args.get("seed")
    return Rule(
        kind=next((one for one in RULE_KINDS if one == request.args.get("kind")), "pin"),
        target_value=request.args.get("target"),
        seed_kind="product" if seed else "any",
        seed_value=seed,
        price_percent=50,
    )


EDITOR = Editor(
    name="rule",
    list_endpoint="rules",
    path="/rules",
    template="rules/editor.html",
    preview_template="rules/preview.html",
    label=N_("Rule"),
    plural=N_("Rules"),
    store=lambda: current_services.rules,
    form=RuleForm,
    new=_new,
    load=load_rule,
    describe=describe,
    summary=summary,
    log_title=log_title,
    called=called,
    look_up=look_up,
    saved=N_("Rule saved. Live within a second."),
    warnings=warnings,
    preview=preview_of,
)
