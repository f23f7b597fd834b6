"""Co-purchase counts in Redis: weights, the applier that updates them, the rebuild, and scores."""
