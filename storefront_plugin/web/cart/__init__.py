"""Views that add products and bundles to the cart and accept codes."""
