"""The mount of storefront-plugin: which of our columns mean what, and how it reaches our cart and customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel.lists import format_list
from flask import current_app, flash, request, session, url_for
from sqlalchemy import select

from storefront_plugin import AddForm, CartLine, Merchant, SQLAlchemyCatalog, SQLAlchemyOrders, Storefront
from storefront_plugin import Order as PlacedOrder
from storefront_plugin import OrderLine as PlacedLine
from storefront_plugin import Product as Card
from storefront_plugin.bundles.cart.pricing import CartPricing

from . import account, cart, language, money
from .database import db
from .models import CANCELLED, REFUNDED, Category, Order, OrderLine, Product


class ShopCart:
    """Our session cart as the storefront sees it."""

    def lines(self) -> list[CartLine]:
        """What is in the cart now."""
        return [CartLine(sku, quantity) for sku, quantity in cart.quantities().items()]

    def add_form(self, product: Card) -> AddForm | None:
        """None of our own: the storefront's form adds without leaving the page."""
        return None

    def add(self, lines: Sequence[CartLine]) -> None:
        """Products within their stock; one message names them all, except to the script, which has its own."""
        added = {line.product_id for line in lines if cart.add(line.product_id, line.quantity)}
        titles = [language.title(product) for product in cart.products(added)]
        if titles and request.accept_mimetypes.best != "application/json":
            flash(language._("cart.added", title=format_list(titles, locale=language.current_language())))

    def remove(self, lines: Sequence[CartLine]) -> None:
        """Take out again what was just added."""
        for line in lines:
            cart.put(line.product_id, cart.quantities().get(line.product_id, 0) - line.quantity)

    def count(self) -> int:
        """What the header shows."""
        return cart.count()


class ShopCustomers:
    """Who is signed in."""

    def current_id(self) -> str | None:
        """The customer's id as text."""
        number = session.get(account.CUSTOMER)
        return None if number is None else str(number)


def shown_attributes(product: Product) -> dict[str, str]:
    """The attributes in the language of the page."""
    return {language.attribute_name(key): language.attribute_value(value) for key, value in product.attributes.items()}


def category_names(ids: Sequence[str]) -> dict[str, str]:
    """What the merchant reads instead of ids, in the language of the page."""
    found = db.session.scalars(select(Category).where(Category.id.in_(ids)))
    return {category.id: language.name(category) for category in found}


def status(order: Order) -> str:
    """Whether an order still counts."""
    return "cancelled" if order.status in (CANCELLED, REFUNDED) else "placed"


def merchant() -> Merchant | None:
    """Who opens the storefront's admin: the shop's staff, in their role."""
    role = account.staff_role()
    return None if role is None else Merchant(language._("staff.name"), role)


orders = SQLAlchemyOrders(
    db,
    Order,
    id=Order.number,
    placed_at=Order.placed_at,
    customer_id=Order.customer_id,
    currency=Order.currency,
    status=status,
    lines=Order.lines,
    line_product_id=OrderLine.sku,
    line_quantity=OrderLine.quantity,
    line_unit_price=OrderLine.unit_price,
)

storefront = Storefront(
    catalog=SQLAlchemyCatalog(
        db,
        Product,
        id=Product.sku,
        title=language.title,
        price=money.price,
        currency=lambda product: money.currency(),
        list_price=money.list_price,
        stock=Product.stock,
        visible=Product.visible,
        category_ids=lambda product: [product.category_id, product.category.parent_id],
        brand=Product.brand,
        variant_group=Product.variant_group,
        image_url=lambda product: url_for("pages.picture", sku=product.sku, v=product.picture_version),
        url=lambda product: url_for("pages.product", sku=product.sku),
        rating=Product.rating,
        review_count=Product.review_count,
        attributes=shown_attributes,
        description=language.description,
        cost=money.cost,
        created_at=Product.created_at,
        search=[Product.title_en, Product.title_ja],
        live_stock=True,
        category_names=category_names,
    ),
    orders=orders,
    cart=ShopCart(),
    customers=ShopCustomers(),
    admin_access=merchant,
)


def is_mounted() -> bool:
    """False where the shop runs without the storefront."""
    return "storefront" in current_app.extensions


def order_placed(order: Order, pricing: CartPricing | None) -> None:
    """Tell the storefront about an order, and how it was priced, within its transaction and before the commit.

    Raises `StorefrontError` where a bundle was used up or changed in the meantime.
    """
    if not is_mounted():
        return
    if pricing is not None:
        storefront.bundles_applied(order.number, pricing)
    storefront.order_placed(
        PlacedOrder(
            id=order.number,
            placed_at=order.placed_at,
            customer_id=None if order.customer_id is None else str(order.customer_id),
            currency=order.currency,
            lines=[PlacedLine(line.sku, line.quantity, line.unit_price) for line in order.lines],
        )
    )


def all_orders() -> Iterator[PlacedOrder]:
    """Every order of the shop, for the first import."""
    return iter(orders.iter_orders())
