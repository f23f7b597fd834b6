"""A form that was sent twice counts once: a double click is one click."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from flask import request

from ..proxies import current_storefront
from ..redis_store import Read

AGAIN_MS = 3000
"""The same form of the same browser within so many milliseconds is one that was sent twice."""


@contextmanager
def posted_once() -> Iterator[bool]:
    """Whether this very form did not come from this browser a moment ago; also where Redis cannot tell.

    Where the block raises, the form counts as never sent, so that sending it again is no repetition.

    The script writes a number of its own into each form it meets (``once``). Without script two shoppers behind one
    address, with equal browsers and the same choice within `AGAIN_MS`, cannot be told apart from a double click: cookies
    say nothing, since the first click changes them. So whoever calls this tells the second what happened.
    """
    store, key = current_storefront.mounted.store, _key()
    (reply,) = store.fetch([Read(key, "SET", ("1", "NX", "PX", AGAIN_MS))])
    is_new = reply is not None
    try:
        yield is_new
    except BaseException:
        if is_new:
            store.fetch([Read(key, "DEL")])
        raise


def _key() -> str:
    who = [request.remote_addr, *(request.headers.get(name) for name in ("User-Agent", "Authorization"))]
    said = [who, sorted(request.form.items(multi=True))]
    return current_storefront.mounted.keys.posted(blake2b(json.dumps(said).encode(), digest_size=16).hexdigest())
