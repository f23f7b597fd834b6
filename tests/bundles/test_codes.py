"""Staff codes and links unlock their bundle until they expire; forged ones unlock nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from made_bundles import NOW

from storefront_plugin.bundles.store.staff_codes import StaffCodes
from storefront_plugin.core.errors import InputError

LATER = NOW + dt.timedelta(hours=5)
CODES = StaffCodes(["a key"])


def test_a_link_unlocks_its_bundle_until_it_expires() -> None:
    """And tells which member of staff gave it."""
    token = CODES.link_token(7, LATER, "Mika")
    assert CODES.from_link(token, NOW) == (7, "Mika")
    assert CODES.from_link(token, LATER) is None


def test_a_code_unlocks_its_bundle_however_it_is_typed() -> None:
    """Case, spaces, hyphens and the full width of Japanese keyboards do not matter; after the hour it is worthless."""
    code = CODES.code(7, LATER)
    assert len(code) == 27
    assert CODES.from_code(code, NOW) == CODES.from_code(code.lower().replace("-", " "), NOW) == 7
    assert CODES.from_code(code, LATER) is None
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    assert CODES.from_code(wide, NOW) == 7


def test_several_presented_ones_unlock_together() -> None:
    """What is worthless among them harms nothing."""
    given = [CODES.link_token(1, LATER), CODES.code(2, LATER), "nonsense", None, CODES.code(3, NOW)]
    assert CODES.unlocked(given, NOW) == {1, 2}


def test_keys_can_be_changed_without_losing_what_was_given_out() -> None:
    """Older keys are accepted while they are listed, and only then."""
    code, token = CODES.code(7, LATER), CODES.link_token(7, LATER)
    both = StaffCodes(["a key", "a new key"])
    assert both.unlocked([code], NOW) == both.unlocked([token], NOW) == {7}
    assert StaffCodes(["a new key"]).unlocked([code, token], NOW) == frozenset()
    assert CODES.unlocked([both.code(7, LATER), both.link_token(7, LATER)], NOW) == frozenset()


def test_signatures_of_other_purposes_are_worthless() -> None:
    """The same key with another salt makes no link."""
    assert CODES.from_link(URLSafeSerializer("a key", salt="session").dumps([7, 2**40, ""]), NOW) is None


@given(st.one_of(st.none(), st.integers(), st.binary(), st.text(max_size=700)))
def test_anything_may_be_presented(given: object) -> None:
    """Garbage of any type and length is no error."""
    assert CODES.unlocked([given], NOW) == frozenset()


@given(st.integers(0, 23), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_code_with_one_wrong_letter_is_worthless(place: int, letter: str) -> None:
    """Mistyped codes never unlock another bundle."""
    code = CODES.code(7, LATER).replace("-", "")
    typed = code[:place] + letter + code[place + 1 :]
    assert CODES.from_code(typed, NOW) == (7 if typed == code else None)


@pytest.mark.parametrize("bundle_id", [0, -1, 2**24, True, "7"])
def test_only_saved_bundles_have_codes(bundle_id: object) -> None:
    """An id that cannot be one is refused."""
    with pytest.raises(InputError):
        CODES.code(bundle_id, LATER)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="SECRET_KEY"):
        StaffCodes([])
