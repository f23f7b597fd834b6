"""The merchant's pages: plain Jinja and forms that work without script. One file a page, what they share beside them."""
