"""What every other package builds on: errors, settings, translations, the database."""
