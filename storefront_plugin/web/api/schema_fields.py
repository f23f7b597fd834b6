"""What all schemas of the API are made of."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def amount(meaning: str, **options: Any) -> fields.Decimal:
    """An amount in major units, as text with the decimals of its currency."""
    described = {"type": "string", "format": "decimal", "description": meaning, "example": "12.50"}
    return fields.Decimal(required=True, as_string=True, metadata=described, **options)


class OwnSchema(Schema):
    """A schema that marshmallow does not know by name: the shop may have one of the same name, and use it as text."""

    class Meta:
        register = False
