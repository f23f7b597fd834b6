"""The bundles of a cart that save most together: weighted set packing, the same answer on every machine.

Other rooms know `choose` and its answer `Choice`; everything else is private to this folder.
"""

from __future__ import annotations

from .best import Choice, choose

__all__ = ["Choice", "choose"]
