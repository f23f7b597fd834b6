"""What shoppers see: widgets, fragments, the forms that fill the cart, and the JSON API."""
