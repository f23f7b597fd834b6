"""What browsers see of the package: widgets in the shop's pages, fragments, and the form that fills the cart."""
