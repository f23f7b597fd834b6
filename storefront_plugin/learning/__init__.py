"""What a shop's own orders teach: the constants of its scores, and the model of its carts."""
