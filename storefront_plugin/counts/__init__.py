"""Co-purchase counts: weights, the applier that keeps them in Redis, the rebuild, and the scores read from them."""
