"""Signals of the extension; the sender is the Flask app."""

from __future__ import annotations

from blinker import Namespace

_namespace = Namespace()

order_not_recorded = _namespace.signal("storefront-order-not-recorded")
"""An order could not be written to the log. Sent with ``order_id`` and ``error``; ``flask storefront catch-up`` adds it."""

order_record_uncommitted = _namespace.signal("storefront-order-record-uncommitted")
"""A request ended before the record of an order was committed. Sent with ``order_ids``."""

slot_failed = _namespace.signal("storefront-slot-failed")
"""A slot was left out of a page. Sent with ``slot`` and ``error``."""

batches_applied = _namespace.signal("storefront-batches-applied")
"""Batches of orders were added to the counts in Redis. Sent with ``position`` and ``orders``."""

rebuild_finished = _namespace.signal("storefront-rebuild-finished")
"""A new generation of counts is live. Sent with ``generation``."""
