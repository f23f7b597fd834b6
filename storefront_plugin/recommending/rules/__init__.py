"""What merchants say about suggestions: a rule, the rules of a shop compiled for look-up, and where they are stored."""
