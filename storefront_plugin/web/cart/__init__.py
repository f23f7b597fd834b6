"""The shopper's posts: adding products, bundles and codes, and what is said about it."""
