"""The merchant's pages about the slots of each placement."""
