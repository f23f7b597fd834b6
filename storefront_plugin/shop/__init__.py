"""What the shop provides: value objects, protocols and adapters."""
