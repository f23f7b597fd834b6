"""The shop's first bundles, one of each kind and state. What staff change in the admin afterwards stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from storefront_plugin.bundles.definition import BundleText, Definition, Schedule
from storefront_plugin.bundles.price import Price, amount_off, fixed_price, free_items, percent_off
from storefront_plugin.bundles.store.listing import list_bundles
from storefront_plugin.bundles.store.repository import Action, BundleRepository
from storefront_plugin.bundles.tier import Component, Tier

from .storefront import storefront

SEEDER = "Fivefold"


def seed_bundles(today: dt.datetime) -> int:
    """Store the first bundles and how many they are; none where the shop has any."""
    if list_bundles(storefront.database, size=1)[1]:
        return 0
    first = list(_first_bundles(today.replace(tzinfo=dt.timezone.utc)))
    bundles = BundleRepository(storefront.database)
    with storefront.database.writing() as session:
        drafts = bundles.insert(session, [definition for definition, _ in first], SEEDER)
        for stored, (_, actions) in zip(drafts, first, strict=True):
            for action in actions:
                stored = bundles.move(session, stored.id, stored.version, action, SEEDER)
    return len(first)


def _first_bundles(today: dt.datetime) -> Iterator[tuple[Definition, tuple[Action, ...]]]:
    """Each bundle, and what is done with its draft."""
    publish: tuple[Action, ...] = ("publish",)
    for definition in (_coffee(), _camera(), _seeds(), _table(), _phone(), _pots(), _bed(), _journey(), _studio()):
        yield definition, publish
    yield _pruning(today), publish
    yield _knife(), ()
    yield _pan(), ("publish", "archive")


def _coffee() -> Definition:
    texts = _texts(
        "Pour-over coffee set",
        "The dripper sits on the server without a wobble, and these papers fit both. Everything for the first pot but "
        "the beans.",
        "ハンドドリップコーヒーセット",
        "ドリッパーはサーバーにぴったり載り、ペーパーも同じ大きさです。豆さえあれば、すぐに一杯目を淹れられます。",
    )
    return _set(texts, _each("TSU-DR-WH", "TSU-SV", "TSU-PP"), fixed_price({"JPY": 5900, "USD": 4250}))


def _camera() -> Definition:
    starter = _each("LUM-A5II", "LX-50")
    texts = _texts(
        "Lumarch A5 II, ready to go",
        "The 50 mm is the lens most people keep on this body. The complete kit adds what the first long day out asks "
        "for.",
        "Lumarch A5 II はじめてセット",
        "50mmは付けたままにする方が多いレンズです。フルセットなら、一日中の撮影に必要なものもそろいます。",
    )
    complete = (*starter, *_each("BAT-LX", "TES-SD-128", "MIR-SL6-CH"))
    tiers = (
        Tier(starter, amount_off({"JPY": 8000, "USD": 5500})),
        Tier(complete, amount_off({"JPY": 14000, "USD": 9700})),
    )
    return Definition(kind="ladder", tiers=tiers, texts=texts)


def _seeds() -> Definition:
    texts = _texts(
        "Any three seed packets",
        "Basil beside tomatoes, lavender for the bees, sunflowers for the fence. Pick any three, even three of a kind.",
        "種を3袋選べるセット",
        "トマトの隣にバジル、ミツバチのためのラベンダー、垣根にはひまわり。同じ種を3袋でも構いません。",
    )
    group = _each("LOA-SD-BA", "LOA-SD-TO", "LOA-SD-LA", "LOA-SD-SU")
    return Definition(kind="mix", tiers=(Tier(group, fixed_price({"JPY": 990, "USD": 750}), 3, 3),), texts=texts)


def _table() -> Definition:
    texts = _texts(
        "Buy four for the table, one is free",
        "Mugs and bowls from one kiln, glazed to be mixed. Pick four, and the least expensive one is free.",
        "食卓の4点、1点無料",
        "同じ窯のマグとボウル。色違いで組み合わせても楽しめます。4点お選びいただくと、いちばんお手頃な1点が無料です。",
    )
    group = _each("TSU-MG-CR", "TSU-MG-IN", "TSU-MG-SG", "TSU-BW-CR", "TSU-BW-IN")
    return Definition(kind="mix", tiers=(Tier(group, free_items(1), 4, 4),), texts=texts)


def _phone() -> Definition:
    texts = _texts(
        "Pelago One with case and glass",
        "Made for this phone, ready before the first drop: both are free with it.",
        "Pelago One ケース・ガラス付き",
        "専用設計のケースとガラスを、最初に落とす前に。どちらも本体とご一緒なら無料です。",
    )
    parts = (
        Component("PEL-1-WH"),
        Component("SHL-S-P1", free=True),
        Component("GLS-P1", free=True),
    )
    return Definition(kind="extra", tiers=(Tier(parts, free_items()),), texts=texts, limit_per_order=2)


def _pots() -> Definition:
    texts = _texts(
        "Stock up on terracotta pots",
        "A windowsill takes three pots, a balcony six. Mix sizes as you like.",
        "テラコッタ鉢のまとめ買い",
        "窓辺なら3鉢、ベランダなら6鉢。サイズは組み合わせ自由です。",
    )
    group = _each("THO-PT-15", "THO-PT-21", "THO-PT-27")
    tiers = (Tier(group, percent_off(10), 3), Tier(group, percent_off(15), 6))
    return Definition(kind="steps", tiers=tiers, texts=texts)


def _bed() -> Definition:
    texts = _texts(
        "A double bed for the winter",
        "Down under linen, and a sheet of the same size. Add the matching pillowcases at the same discount.",
        "冬のダブルベッドセット",
        "ダウンにリネンのカバー、同じサイズのシーツ。おそろいの枕カバーも同じ割引でご一緒にどうぞ。",
    )
    parts = (*_each("HUS-DN-D", "LIN-CV-DN", "LIN-SH-D"), Component("LIN-PC-NT", 2, optional=True))
    return _set(texts, parts, percent_off(12))


def _journey() -> Definition:
    texts = _texts(
        "Charged on the way",
        "A metre of cable and two full charges for a day without a socket. Limited to 40 sets, two per order.",
        "移動中の充電セット",
        "1mのケーブルと約2回分の充電。コンセントのない一日に。限定40セット、1回のご注文で2セットまで。",
    )
    price = amount_off({"JPY": 700, "USD": 500})
    return Definition(
        kind="set",
        tiers=(Tier(_each("VOL-PB10", "VOL-C-1"), price),),
        texts=texts,
        limit_per_order=2,
        limit_in_all=40,
    )


def _studio() -> Definition:
    texts = _texts(
        "Studio pair, on request",
        "The A9 with the portrait lens, for customers who asked about both. Ask our staff for the code.",
        "スタジオセット（ご相談の方へ）",
        "A9とポートレートレンズ。ご相談いただいた方にスタッフがコードをお渡しします。",
    )
    parts = _each("LUM-A9", "LX-85")
    price = fixed_price({"JPY": 358000, "USD": 248500})
    return Definition(kind="set", tiers=(Tier(parts, price),), texts=texts, staff_only=True)


def _pruning(today: dt.datetime) -> Definition:
    texts = _texts(
        "Pruning pair",
        "Sharp blades and sleeves long enough for roses, for the weeks when both are out every weekend.",
        "剪定の二点セット",
        "よく切れる刃と、バラにも安心な長めの手袋。毎週末に庭へ出る季節に。",
    )
    schedule = Schedule(today + dt.timedelta(days=30), today + dt.timedelta(days=75))
    price = amount_off({"JPY": 1200, "USD": 850})
    return Definition(kind="set", tiers=(Tier(_each("BRK-SE", "BRK-GL-M"), price),), texts=texts, schedule=schedule)


def _knife() -> Definition:
    texts = _texts(
        "A knife that stays sharp",
        "The santoku, the stone that keeps it sharp, and an oak board that is kind to the edge.",
        "切れ味が続く包丁セット",
        "三徳包丁と、切れ味を保つ砥石、刃にやさしいオークのまな板。",
    )
    return _set(texts, _each("HAG-K-SAN", "HAG-ST", "FER-BD-OAK"), percent_off(10))


def _pan() -> Definition:
    texts = _texts(
        "Iron pan with its lid",
        "The lid fits the pan to the millimetre. Last winter's offer.",
        "鉄フライパンと蓋のセット",
        "蓋はフライパンにぴったり合います。昨冬のセットです。",
    )
    return _set(texts, _each("FER-FP-26", "FER-LID-26"), fixed_price({"JPY": 8900, "USD": 6250}))


def _set(texts: dict[str, BundleText], parts: tuple[Component, ...], price: Price) -> Definition:
    return Definition(kind="set", tiers=(Tier(parts, price),), texts=texts)


def _each(*skus: str) -> tuple[Component, ...]:
    return tuple(Component(sku) for sku in skus)


def _texts(title_en: str, benefit_en: str, title_ja: str, benefit_ja: str) -> dict[str, BundleText]:
    return {"en": BundleText(title_en, benefit_en), "ja": BundleText(title_ja, benefit_ja)}
