"""Modules import one way: import-linter holds rooms and folders, this holds every single module."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_module_is_in_a_circle_of_imports() -> None:
    """Imports for types alone count, too: who needs a type of a module knows that module."""
    graph = grimp.build_graph("storefront_plugin", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    order = list(TopologicalSorter(imports).static_order())  # raises CycleError, which names the circle
    assert order[-1].startswith("storefront_plugin")
