"""What the host provides: value objects, protocols and adapters."""
