"""Sets that shoppers buy together, mined from the order log and proposed as bundles."""
