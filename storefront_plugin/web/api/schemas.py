"""Schemas of the API, from which the OpenAPI document is generated."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate

from ...bundles.cart.lines import MAX_LINES
from ...bundles.tier import MAX_QUANTITY
from ...core.errors import InputError
from ...core.i18n import known_locale
from ...recommending.page import MAX_SEEDS
from ...recommending.plan import MAX_LIMIT, PLACEMENTS
from ...recommending.strategies import STRATEGIES
from ...shop.ports import MAX_ID_BYTES, clean_id


def amount(meaning: str, **options: Any) -> fields.Decimal:
    """An amount in major units, as text with the decimals of its currency."""
    described = {"type": "string", "format": "decimal", "description": meaning, "example": "12.50"}
    return fields.Decimal(required=True, as_string=True, metadata=described, **options)


class OwnSchema(Schema):
    """A schema that is not in marshmallow's registry, where the shop may have one of the same name."""

    class Meta:
        register = False


class VariantSchema(OwnSchema):
    """A variant to choose."""

    variant_id = fields.String(required=True)
    title = fields.String(required=True)


class ComponentSchema(OwnSchema):
    """A product of a bundle; *quantity* is what is selected at first in a mix."""

    part = fields.Integer(required=True)
    product_id = fields.String(required=True)
    title = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = amount("Of one item, of the variant that is selected.")
    optional = fields.Boolean(required=True)
    free = fields.Boolean(required=True)
    variants = fields.List(fields.Nested(VariantSchema), required=True)


class TierSchema(OwnSchema):
    """A set that can be added at once."""

    tier = fields.Integer(required=True)
    least = fields.Integer(required=True, metadata={"description": "Fewest items of a mix or step, else 0."})
    most = fields.Integer(required=True, metadata={"description": "Most items of a mix, else 0."})
    total = amount("Its items separately.")
    price = amount("Its items as a bundle.")
    saving = amount("What is saved.")
    components = fields.List(fields.Nested(ComponentSchema), required=True)


class AppliedSchema(OwnSchema):
    """How often a bundle applies to the cart."""

    count = fields.Integer(required=True)
    saving = amount("Of all of them.")


class MissingItemSchema(OwnSchema):
    """Items to add, of any of these products."""

    product_ids = fields.List(fields.String(), required=True)
    quantity = fields.Integer(required=True)


class MissingSchema(OwnSchema):
    """What the cart lacks for a bundle."""

    saving = amount("What is saved then.")
    items = fields.List(fields.Nested(MissingItemSchema), required=True)


class BundleSchema(OwnSchema):
    """A bundle to add (it has tiers), one that applies to the cart, or one that is nearly there."""

    bundle = fields.Integer(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    benefit = fields.String(required=True)
    image_url = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    tiers = fields.List(fields.Nested(TierSchema), required=True)
    applied = fields.Nested(AppliedSchema, required=True, allow_none=True)
    missing = fields.Nested(MissingSchema, required=True, allow_none=True)


MAX_EXCLUDED = 100


_ID_LENGTH: Final = {"minLength": 1, "maxLength": MAX_ID_BYTES}


def _usable(value: str) -> None:
    try:
        clean_id(value)
    except InputError:
        raise ValidationError(f"An id has 1 to {MAX_ID_BYTES} bytes of UTF-8.") from None


def _ids(most: int, meaning: str, **options: Any) -> fields.List[Any]:
    return fields.List(
        fields.String(validate=_usable, metadata=_ID_LENGTH),
        load_default=list,
        validate=validate.Length(max=most),
        metadata={"description": meaning},
        **options,
    )


class LocaleSchema(OwnSchema):
    """A question that may be asked in a language; one that nobody knows is as none."""

    locale = fields.String(
        load_default=None,
        validate=validate.Length(max=32),
        metadata={"description": "Language of texts and links, such as ja; without, as the shop's pages choose it."},
    )

    @post_load
    def _known(self, question: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return question | {"locale": known_locale(question["locale"] or "")}


class RecommendationsQuerySchema(LocaleSchema):
    """The query of a strategy."""

    strategy = fields.String(required=True, validate=validate.OneOf(tuple(STRATEGIES)))
    product = _ids(MAX_SEEDS, "Ids to find suggestions for; of a cart the latest line last.")
    placement = fields.String(load_default="product", validate=validate.OneOf(PLACEMENTS))
    limit = fields.Integer(load_default=10, validate=validate.Range(1, MAX_LIMIT))
    excluded = _ids(MAX_EXCLUDED, "Ids that are never returned.", data_key="exclude")
    specialness = fields.Float(
        load_default=None,
        validate=validate.Range(0, 0.5),
        metadata={"description": "From 0 (popularity) to 0.5 (relevance)."},
    )


class PlacementQuerySchema(LocaleSchema):
    """The query of a page."""

    product = _ids(MAX_SEEDS, "Ids of the products that the page is about.")
    category = fields.String(
        load_default=None,
        validate=_usable,
        metadata={"description": "Id of the category that the page lists."} | _ID_LENGTH,
    )


class ProductSchema(OwnSchema):
    """A product as a card shows it."""

    product_id = fields.String(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    image_url = fields.String(required=True, allow_none=True)
    price = amount("What the shopper pays, with the decimals of its currency.")
    currency = fields.String(required=True, allow_none=True, metadata={"example": "EUR"})
    list_price = amount("The price before a reduction.", allow_none=True)
    rating = fields.Float(required=True, allow_none=True)
    review_count = fields.Integer(required=True)


class CardSchema(ProductSchema):
    """A suggested product, and why it is suggested."""

    score = fields.Float(required=True, metadata={"description": "Comparable within one answer only."})
    source = fields.String(required=True, metadata={"description": "The strategy that found it."})
    reason = fields.String(required=True, allow_none=True, metadata={"example": "Also bought in 124 orders"})
    support = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Orders that hold it together with a requested product."},
    )


DEGRADED = {
    "description": "Redis or the catalogue was late: the answer is what was held, or less; ask again in a few seconds."
}


class RecommendationsSchema(OwnSchema):
    """The suggestions, best first."""

    recommendations = fields.List(fields.Nested(CardSchema), required=True)
    degraded = fields.Boolean(required=True, metadata=DEGRADED)


class SlotSchema(OwnSchema):
    """A slot with its cards, or its bundles; *seed* is the page's own product where one button adds it with the cards."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    layout = fields.String(required=True)
    source = fields.String(required=True)
    seed = fields.Nested(ProductSchema, required=True, allow_none=True)
    cards = fields.List(fields.Nested(CardSchema), required=True)
    bundles = fields.List(fields.Nested(BundleSchema), required=True)


class PlacementSchema(OwnSchema):
    """The slots of a page that are not empty, in order."""

    placement = fields.String(required=True)
    slots = fields.List(fields.Nested(SlotSchema), required=True)
    degraded = fields.Boolean(required=True, metadata=DEGRADED)


class CartLineSchema(OwnSchema):
    """A line to price."""

    product_id = fields.String(required=True, validate=_usable, metadata=_ID_LENGTH)
    variant_id = fields.String(load_default=None, allow_none=True, validate=_usable, metadata=_ID_LENGTH)
    quantity = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, MAX_QUANTITY))


class CartQuerySchema(LocaleSchema):
    """A cart to price."""

    lines = fields.List(fields.Nested(CartLineSchema), required=True, validate=validate.Length(max=MAX_LINES))
    currency = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp("[A-Z]{3}$"), metadata={"example": "EUR"}
    )
    codes = fields.List(
        fields.String(validate=validate.Length(max=128)),
        load_default=list,
        validate=validate.Length(max=5),
        metadata={"description": "Staff codes that the shopper typed, beside those that the session has."},
    )


class PricedLineSchema(OwnSchema):
    """A line and what it costs."""

    product_id = fields.String(required=True)
    variant_id = fields.String(required=True, allow_none=True)
    quantity = fields.Integer(required=True)
    unit_price = amount("Of one item, without bundles.")
    gross = amount("Of the line, without bundles.")
    discount = amount("What bundles take off the line.")
    total = amount("What the line costs.")


class AppliedBundleSchema(AppliedSchema):
    """A bundle that applies."""

    bundle = fields.Integer(required=True)
    title = fields.String(required=True)


class NextOfferSchema(MissingSchema):
    """A bundle that is nearly there, and what is missing."""

    saving = amount("What is saved then; null where the price of something is not known.", allow_none=True)
    bundle = fields.Integer(required=True)
    title = fields.String(required=True)


class CartSchema(OwnSchema):
    """A priced cart; ``total`` is ``gross`` less ``discount``, of the lines as of the whole."""

    currency = fields.String(required=True)
    gross = amount("Of all lines, without bundles.")
    discount = amount("What the bundles save.")
    total = amount("What the cart costs.")
    lines = fields.List(fields.Nested(PricedLineSchema), required=True)
    applied = fields.List(fields.Nested(AppliedBundleSchema), required=True)
    missing = fields.List(fields.Nested(NextOfferSchema), required=True)


class ErrorSchema(OwnSchema):
    """The body of every error."""

    code = fields.Integer(required=True, metadata={"example": 422})
    status = fields.String(required=True, metadata={"example": "Unprocessable Entity"})
    message = fields.String(required=True)
    errors = fields.Dict(required=True, metadata={"description": "What is wrong, by place and name of the parameter."})
