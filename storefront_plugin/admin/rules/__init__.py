"""The merchant's pages about rules."""
