"""The merchant's page that explains why a page of the shop shows what it shows."""
