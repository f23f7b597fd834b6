"""The form in which a merchant leaves the constants to the orders, takes the standard ones, or sets own ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias, cast

from wtforms import Field, HiddenField, RadioField, StringField

from ...core.errors import N_, InputError
from ...core.typed import number_within, plain
from ...counts.scoring import Constants
from ...learning.tuning import PAGES
from ..kit.forms import AdminForm, add_error, choices
from ..kit.i18n import _, admin_texts, labels
from .labels import OF_PAGE, named

Mode: TypeAlias = Literal["automatic", "standard", "own"]

modes = labels(automatic=N_("Automatic"), standard=N_("Standard values"), own=N_("Own values"))

_DAYS: Final = (1, 3650)
_MOST: Final = {"trend": 1, "prior": 1000, "shrinkage": 1000, "specialness": 1}
_DECIMALS: Final = 3


class TuningForm(AdminForm):
    """Constants are typed as numbers, each within its limits; they count only where the mode is ``own``."""

    version = HiddenField()
    mode = RadioField(N_("Mode"), choices=choices(modes))
    half_life = StringField(N_("Days after which an order counts half"))
    trend = StringField(N_("Weight of trends"))
    cart_prior = StringField(N_("Weight of bestsellers, in orders"))
    cart_shrinkage = StringField(N_("Orders at which a pair counts half"))
    cart_specialness = StringField(N_("Relevance weight"))
    product_prior = StringField(N_("Weight of bestsellers, in orders"))
    product_shrinkage = StringField(N_("Orders at which a pair counts half"))
    product_specialness = StringField(N_("Relevance weight"))

    @classmethod
    def showing(cls, mode: Mode, constants: Constants, version: int) -> TuningForm:
        """The form with what holds now."""
        typed = {_field(one.page, one.name): f"{one.value:g}" for one in named(constants)}
        return cls(formdata=None, version=str(version), mode=mode, **typed)

    def read(self, start: Constants, is_half_life_free: bool) -> Constants:
        """The constants that were typed; where one cannot be, its field says so and that of *start* stands."""
        found = replace(start, trend=self._number("trend", "trend"))
        if is_half_life_free:
            found = replace(found, half_life=self._days())
        for page in PAGES:
            formula = replace(start.formula(page), **{name: self._number(_field(page, name), name) for name in OF_PAGE})
            found = replace(found, cart=formula) if page == "cart" else replace(found, product=formula)
        return found

    def _days(self) -> float:
        least, most = _DAYS
        number = _typed(self.half_life, most)
        if number is None or not (number == 0 or least <= number <= most):
            _refuse(
                self.half_life,
                _(
                    "Enter a number of days up to %(most)s, or 0 for orders that never fade.",
                    most=admin_texts().number(most),
                ),
            )
        return number or 0.0

    def _number(self, field: str, name: str) -> float:
        most = _MOST[name]
        number = _typed(self[field], most)
        if number is None or number > most:
            _refuse(self[field], _("Enter a number from %(min)s to %(max)s.", min=0, max=admin_texts().number(most)))
        return number or 0.0


def _typed(field: Field, most: int) -> float | None:
    try:
        found = number_within(plain(field.data), "either", _DECIMALS, most)
    except InputError as error:
        add_error(field, _(error.message, **error.values))
        return None
    return None if found is None else round(float(found), _DECIMALS)


def _refuse(field: Field, message: str) -> None:
    if not field.errors:
        add_error(field, message)


def _field(page: str, name: str) -> str:
    return name if page == "both" else f"{page}_{name}"


def posted_mode(form: TuningForm) -> Mode:
    """The mode that was chosen, of a form that validates."""
    return cast(Mode, form.mode.data)
