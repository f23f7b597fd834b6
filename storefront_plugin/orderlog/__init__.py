"""The order log: events recorded in the shop's transaction, settled into numbered batches, never trimmed."""
