"""Who can be called: a catalog of providers as data, and what was configured of them."""
