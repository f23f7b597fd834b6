"""A storefront made by hand: filled slots of three kinds of content, for looking at widgets without Redis or SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from fillers import FILLERS
from flask import Flask, request, session

from storefront_plugin.bundles.slots.filler import FilledBundles
from storefront_plugin.bundles.slots.offers import BundleOffer
from storefront_plugin.bundles.slots.variants import Variants
from storefront_plugin.core.settings import Settings
from storefront_plugin.proxies import SERVICES
from storefront_plugin.recommending.page import Card, FilledSlot, Page, Reason
from storefront_plugin.recommending.plan import DEFAULT_PLAN, Slot
from storefront_plugin.recommending.strategies import STRATEGIES
from storefront_plugin.shop.adapters import Adapters
from storefront_plugin.shop.memory import MemoryCatalog
from storefront_plugin.shop.ports import AddForm, CartLine, Product
from storefront_plugin.shop.product_cache import ProductCache
from storefront_plugin.web.blueprint import build_blueprint
from storefront_plugin.web.widgets.jinja import Widgets

TITLES = {
    "en": (
        "Stoneware mug, 300 ml", "Pour-over coffee dripper", "Linen tea towel", "Walnut serving board with handle",
        "Enamel milk pan, 1.2 litres", "Glass storage jar with cork lid", "Gooseneck kettle", "Beeswax candle",
        "Cast-iron trivet in the shape of a leaf",
    ),
    "ja": (
        "信楽焼のマグカップ 300ml", "円すい形コーヒードリッパー", "リネンのキッチンクロス", "取っ手付きウォールナットのサービングボード",
        "琺瑯のミルクパン 1.2L", "コルクふた付きガラス保存びん", "細口ドリップケトル", "みつろうキャンドル", "葉の形をした鋳物の鍋敷き",
    ),
}  # fmt: skip
PRICES = {
    "EUR": "14.00 24.50 9.90 38.00 32.00 11.50 64.00 7.20 18.00",
    "JPY": "1800 3200 1200 4800 4200 1500 7900 900 2400",
}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter"


def products(content: str = "demo", language: str = "en") -> list[Product]:
    """Nine products: ``demo`` as in a good shop; ``hostile`` as in none."""
    if content == "hostile":
        return [hostile_product(number) for number in range(1, 10)]
    currency = "JPY" if language == "ja" else "EUR"
    prices = [Decimal(price) for price in PRICES[currency].split()]
    return [
        Product(
            id=str(number),
            title=title,
            price=price,
            url=f"/product/{number}",
            image_url=f"/picture/{number}.svg",
            currency=currency,
            list_price=price * Decimal("1.25") if number in (3, 5) else None,
            rating=(4.7, 4.3, None, 4.9, 3.6, 5.0, 4.5, 4.1, 4.4)[number - 1],
            review_count=(128, 36, 0, 1204, 9, 2, 57, 18, 41)[number - 1],
        )
        for number, (title, price) in enumerate(zip(TITLES[language], prices, strict=True), 1)
    ]


def hostile_product(number: int) -> Product:
    """Everything a catalogue can throw at a card: long words, markup, no picture, no page, huge prices."""
    title = (f"{LONG} {LONG}", "<script>alert(1)</script><b>bold</b>", "x", f'" onmouseover="alert(1)" {LONG}')[
        number % 4
    ]
    return Product(
        id=f"id <{number}>\"'&",
        title=title,
        price=Decimal("1234567.89"),
        list_price=Decimal("9876543.21") if number % 2 else None,
        currency="EUR",
        url="javascript:alert(1)" if number == 2 else "/product/hostile",
        image_url="/picture/missing.svg" if number == 3 else None,
        rating=0.0 if number % 2 else None,
        review_count=0,
    )


def reason_of(strategy: str, number: int) -> Reason:
    """A reason as *strategy* would give it."""
    kind = STRATEGIES[strategy].reasons[0]
    return Reason(kind, 124 - 11 * number if kind.counted else None)


def filled(slot: Slot, shown: Sequence[Product], seed: Product | None = None) -> FilledSlot:
    """*slot* filled with *shown*, each for the reason of the slot's first strategy."""
    strategy = slot.strategies[0]
    cards = (Card(each, 1.0, strategy, reason_of(strategy, number)) for number, each in enumerate(shown, 1))
    return FilledSlot(slot, tuple(cards)[: slot.limit], seed)


class HandmadeCart:
    """A cart in the session, whose shop has a view of its own for some products only."""

    def __init__(self, own_view: bool = True) -> None:
        self.own_view = own_view

    def lines(self) -> Iterable[CartLine]:
        return [CartLine(each) for each in session.get("cart", ())]

    def add_form(self, product: Product) -> AddForm | None:
        return AddForm("/shop/add", {"sku": product.id}) if self.own_view else None


class FillableCart(HandmadeCart):
    """A cart that can be filled from Python too."""

    def add(self, lines: Sequence[CartLine]) -> None:
        session["cart"] = [*session.get("cart", ()), *(line.product_id for line in lines)]


class HandmadeStorefront(Widgets):
    """Stands for the extension and its services: pages are filled from `products`, minus what is in a personal page's cart."""

    name = "storefront"
    url_prefix = "/storefront"

    def __init__(self, app: Flask, cart: HandmadeCart | None = None, **settings: object) -> None:
        self.cart = cart
        self.settings = Settings(**{"locale": lambda: request.args.get("locale", "en"), **settings})  # type: ignore[arg-type]
        self.plan = dict(DEFAULT_PLAN)
        self.content = lambda: "demo"
        catalog = MemoryCatalog(products())
        self.shop = Adapters(catalog=catalog, cart=cart)
        self.suggestions = self
        self.fillers = FILLERS
        self.products = ProductCache(catalog, 30.0, 1.0, "EUR")
        self.variants = Variants(catalog)
        self.failure: Exception | None = None
        self.bundles: Callable[[Page], Sequence[BundleOffer]] = lambda page: ()
        self.takes_code = False
        app.extensions["storefront"] = app.extensions[SERVICES] = self
        app.jinja_env.globals["storefront"] = self
        app.register_blueprint(build_blueprint(app, self.name, self.url_prefix))

    def fill_placement(self, page: Page, slot_names: Sequence[str] | None = None) -> list[FilledSlot]:
        if self.failure:
            raise self.failure
        language, content = page.locale[:2], self.content()
        stock = products("hostile" if content == "hostile" else "demo", language)
        seed = next((each for each in stock if each.id in page.products), stock[0])
        free = [each for each in stock if each.id not in page.excluded and each != seed]
        if content == "one":
            free = free[:1]
        return [
            FilledBundles(slot, bundles=tuple(self.bundles(page)), takes_code=self.takes_code)
            if slot.layout == "bundles"
            else self._fill(slot, free, seed, number)
            for number, slot in self._wanted(page, slot_names)
        ]

    def _wanted(self, page: Page, names: Sequence[str] | None) -> list[tuple[int, Slot]]:
        slots = [slot for slot in self.plan[page.placement] if names is None or slot.name in names]
        places = {slot.name: place for place, slot in enumerate(self._of_products(page.placement))}
        return [(places.get(slot.name, 0), slot) for slot in slots]

    def _of_products(self, placement: str) -> list[Slot]:
        return [slot for slot in self.plan[placement] if slot.layout != "bundles"]

    def _fill(self, slot: Slot, free: Sequence[Product], seed: Product, number: int) -> FilledSlot:
        turned = [*free[number:], *free[:number]]
        return filled(slot, turned, seed if slot.layout == "together" else None)


def make_lazy(storefront: HandmadeStorefront, placement: str, name: str) -> None:
    """Let the script fetch one slot of the plan."""
    storefront.plan[placement] = [
        replace(slot, lazy=True) if slot.name == name else slot for slot in storefront.plan[placement]
    ]
