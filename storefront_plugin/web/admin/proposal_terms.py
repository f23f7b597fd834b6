"""The form of what the merchant wants of proposals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wtforms import DecimalField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from ...bundles.terms import Terms
from .forms import AdminForm
from .language import say


class TermsForm(AdminForm):
    """Percentages as a merchant says them: 20 for a fifth."""

    margin_floor = DecimalField(places=None, validators=[InputRequired(), NumberRange(0, Decimal("99.9"))])
    discount = IntegerField(validators=[InputRequired(), NumberRange(0, 99)])
    discount_without_cost = IntegerField(validators=[InputRequired(), NumberRange(0, 99)])
    min_support = IntegerField(validators=[InputRequired(), NumberRange(2, 1_000_000)])

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.margin_floor.label.text = say("Least margin, percent")
        self.discount.label.text = say("Discount, percent")
        self.discount_without_cost.label.text = say("Without known cost, percent")
        self.min_support.label.text = say("Least number of orders")

    def read(self) -> Terms | None:
        """What was typed; None where the fields say what is wrong."""
        if not self.validate_on_submit():
            return None
        floor: Any = self.margin_floor.data
        return Terms(
            Decimal(floor) / 100,
            *(int(field.data or 0) for field in (self.discount, self.discount_without_cost, self.min_support)),
        )


def form_of(terms: Terms) -> TermsForm:
    """The form filled with *terms*."""
    return TermsForm(formdata=None, data=fields_of(terms))


def fields_of(terms: Terms) -> dict[str, Decimal | int]:
    """*terms* as the form's fields have them."""
    return {
        "margin_floor": Decimal(format((terms.margin_floor * 100).normalize(), "f")),
        "discount": terms.discount,
        "discount_without_cost": terms.discount_without_cost,
        "min_support": terms.min_support,
    }
