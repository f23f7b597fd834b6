"""The shop's first rules: what staff would say about the suggestions of such a shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from storefront_plugin.recommending.rules.list import list_rules
from storefront_plugin.recommending.rules.rule import Rule
from storefront_plugin.recommending.rules.store import RuleStore

from .bundles import SEEDER
from .storefront import storefront


def seed_rules(today: dt.datetime) -> int:
    """Store the first rules and how many they are; none where the shop has any."""
    if list_rules(storefront.database, size=1)[1]:
        return 0
    first = list(_first_rules(today.replace(tzinfo=dt.timezone.utc)))
    for rule in first:
        RuleStore(storefront.database).create(rule, SEEDER)
    return len(first)


def _first_rules(today: dt.datetime) -> Iterator[Rule]:
    yield Rule(
        kind="boost",
        seed_kind="category",
        seed_value="camera-bodies",
        target_kind="brand",
        target_value="Mirefold",
        strength=130,
        note="Bags and straps from the workshop next door / 隣の工房のバッグとストラップ",
    )
    yield Rule(
        kind="pin",
        seed_kind="product",
        seed_value="HAL-H20-BR",
        target_value="MIR-STRAP-RD",
        note="This strap was woven for the brown body / 茶色のボディに合わせて織ったストラップ",
    )
    yield Rule(
        kind="bury",
        target_kind="category",
        target_value="growing",
        strength=60,
        placement="cart",
        starts_at=today + dt.timedelta(days=20),
        ends_at=today + dt.timedelta(days=80),
        note="Not the season for sowing / 種まきの季節ではないため",
    )
