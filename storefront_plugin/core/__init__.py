"""The ground that every room stands on: errors, settings, texts, the database."""
