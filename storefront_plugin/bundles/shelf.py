"""What `store.repository` was called; whoever imports it is told the new name."""

raise ImportError("storefront_plugin.bundles.shelf is called storefront_plugin.bundles.store.repository now.")
