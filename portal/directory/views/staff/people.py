"""People with an account on the site."""
