"""What a shop calls on its `Storefront`, one file a concern."""
