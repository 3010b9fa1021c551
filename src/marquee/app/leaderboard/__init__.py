"""A comparison of models as a page that stands alone."""
