"""Similar and top-rated products, from the catalogue alone; needs no orders."""
