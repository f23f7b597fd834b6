"""The log of orders: recorded in the shop's transaction, settled into numbered batches, never trimmed."""
