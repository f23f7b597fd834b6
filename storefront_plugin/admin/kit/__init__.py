"""What every page of the admin is made of: access, rendering, lists, forms, products, languages."""
