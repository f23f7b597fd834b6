"""What the catalogue itself says: products alike in content, and products rated well. Works without any order."""
