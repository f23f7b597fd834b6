"""Our tables and the databases they stand in: connections, dialects, versions of what merchants make, and its log."""
