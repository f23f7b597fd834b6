"""What the API says of bundles. To add one, post ``bundle``, ``version`` and ``tier`` to our cart address as the form does."""

from __future__ import annotations

from marshmallow import fields

from .schema_fields import OwnSchema, amount


class VariantSchema(OwnSchema):
    """A variant to choose."""

    variant_id = fields.String(required=True)
    title = fields.String(required=True)


class ComponentSchema(OwnSchema):
    """A product of a bundle; *quantity* is what stands chosen at first in a mix."""

    part = fields.Integer(required=True)
    product_id = fields.String(required=True)
    title = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = amount("Of one piece, of the variant that stands chosen.")
    optional = fields.Boolean(required=True)
    free = fields.Boolean(required=True)
    variants = fields.List(fields.Nested(VariantSchema), required=True)


class TierSchema(OwnSchema):
    """A set that can be added at once."""

    tier = fields.Integer(required=True)
    least = fields.Integer(required=True, metadata={"description": "Fewest pieces of a mix or step, else 0."})
    most = fields.Integer(required=True, metadata={"description": "Most pieces of a mix, else 0."})
    total = amount("Its pieces one by one.")
    price = amount("Its pieces together.")
    saving = amount("What is saved.")
    components = fields.List(fields.Nested(ComponentSchema), required=True)


class AppliedSchema(OwnSchema):
    """How often a bundle applies to the cart."""

    count = fields.Integer(required=True)
    saving = amount("Of all of them.")


class LackSchema(OwnSchema):
    """Pieces to add, of any of these products."""

    product_ids = fields.List(fields.String(), required=True)
    quantity = fields.Integer(required=True)


class MissingSchema(OwnSchema):
    """What the cart lacks for a bundle."""

    saving = amount("What is saved then.")
    lacks = fields.List(fields.Nested(LackSchema), required=True)


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
