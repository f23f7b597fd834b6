"""Staff-only bundles: signed links that expire, and codes short enough to be read out over the telephone.

Neither is stored. Forged, expired and foreign ones unlock nothing and cannot be distinguished: a shopper learns
only that no bundle was unlocked. Signatures are compared in constant time. Each purpose has its own salt, so that a
signature made for another part of the package, or of the shop, is worthless here.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import Final

from itsdangerous import BadData, Signer, URLSafeSerializer

from ...core.errors import InputError, shown

_LINK_SALT: Final = "storefront-bundle-link"
_CODE_SALT: Final = "storefront-bundle-code"
_MAC_BYTES: Final = 9
_HEAD_BYTES: Final = 6
_CODE_LENGTH: Final = (_MAC_BYTES + _HEAD_BYTES) * 8 // 5
_GROUP: Final = 6
MAX_BUNDLE_ID: Final = 2**24 - 1
_HOURS: Final = 3600
_LOOK_ALIKE: Final = str.maketrans({"0": "O", "1": "I", "8": "B"})


class StaffCodes:
    """Makes and reads codes and links.

    Args:
        keys: The app's secret keys, the present one last; older ones are still accepted (``SECRET_KEY_FALLBACKS``).
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        if not keys or not all(keys):
            raise InputError("Staff codes are signed: set app.config['SECRET_KEY'] first.")
        secrets = [key.encode() if isinstance(key, str) else key for key in keys]
        options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._links = URLSafeSerializer(secrets, salt=_LINK_SALT, signer_kwargs=options)
        self._code_keys = [
            Signer(key, salt=_CODE_SALT, key_derivation="hmac", digest_method=hashlib.sha256).derive_key()
            for key in secrets
        ]

    def link_token(self, bundle_id: int, expires: dt.datetime, staff: str = "") -> str:
        """A token for an address that unlocks *bundle_id* until *expires*; *staff* says who gave it, for reports."""
        _check_id(bundle_id)
        token = self._links.dumps([bundle_id, int(_seconds(expires)), staff[:64]])
        return token if isinstance(token, str) else token.decode()

    def from_link(self, token: object, now: dt.datetime) -> tuple[int, str] | None:
        """Bundle id and staff of a token; None where it is forged, damaged or expired."""
        if not isinstance(token, str) or len(token) > 512:
            return None
        try:
            bundle_id, expires, staff = self._links.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return (bundle_id, staff) if _seconds(now) < expires else None

    def code(self, bundle_id: int, expires: dt.datetime) -> str:
        """A code of 24 letters and digits in groups of six; it holds to the end of the hour before *expires*.

        Of a code 72 bits are signature: guessing is hopeless also without a limit of tries.
        """
        _check_id(bundle_id)
        hours = int(_seconds(expires)) // _HOURS
        if not 0 < hours < 2**24:
            raise InputError("A code must expire after 1970 and before 3883; give another time.")
        head = bundle_id.to_bytes(3, "big") + hours.to_bytes(3, "big")
        text = base64.b32encode(head + self._mac(self._code_keys[-1], head)).decode()
        return "-".join(text[start : start + _GROUP] for start in range(0, _CODE_LENGTH, _GROUP))

    @staticmethod
    def code_end(expires: dt.datetime) -> dt.datetime:
        """When a code for *expires* really ends: at the full hour of UTC before it."""
        return dt.datetime.fromtimestamp(int(_seconds(expires)) // _HOURS * _HOURS, dt.timezone.utc)

    def from_code(self, code: object, now: dt.datetime) -> int | None:
        """The bundle id of a code as a shopper typed it; None where it is forged, mistyped or expired."""
        raw = _decoded(code)
        if raw is None:
            return None
        head, mac = raw[:_HEAD_BYTES], raw[_HEAD_BYTES:]
        # All keys are tried, so that the time does not tell which one fits.
        known = [hmac.compare_digest(self._mac(key, head), mac) for key in self._code_keys]
        hours = int.from_bytes(head[3:], "big")
        return int.from_bytes(head[:3], "big") if any(known) and _seconds(now) < hours * _HOURS else None

    def unlocked(self, presented: Sequence[object], now: dt.datetime) -> frozenset[int]:
        """Ids of the bundles that any of the *presented* codes and link tokens unlock."""
        links = (self.from_link(one, now) for one in presented)
        codes = (self.from_code(one, now) for one in presented)
        return frozenset({link[0] for link in links if link} | {code for code in codes if code is not None})

    def _mac(self, key: bytes, head: bytes) -> bytes:
        return hmac.new(key, head, hashlib.sha256).digest()[:_MAC_BYTES]


def _decoded(code: object) -> bytes | None:
    if not isinstance(code, str) or len(code) > 128:
        return None
    # Japanese keyboards type letters of full width, which NFKC makes plain.
    text = "".join(sign for sign in unicodedata.normalize("NFKC", code).upper() if sign.isalnum()).translate(
        _LOOK_ALIKE
    )
    if len(text) != _CODE_LENGTH or not text.isascii():
        return None
    try:
        return base64.b32decode(text)
    except ValueError:
        return None


def _seconds(moment: dt.datetime) -> float:
    if moment.tzinfo is None:
        raise InputError("The time needs a zone; use datetime.now(timezone.utc).")
    return moment.timestamp()


def _check_id(bundle_id: int) -> None:
    if type(bundle_id) is not int or not 1 <= bundle_id <= MAX_BUNDLE_ID:
        raise InputError(f"{shown(bundle_id)} is not a bundle id; give the id of a saved bundle.")
