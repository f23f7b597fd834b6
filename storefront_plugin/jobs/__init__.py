"""Work that nobody waits for: the background thread, and who is alive."""
