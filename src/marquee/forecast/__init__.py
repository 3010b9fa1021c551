"""How a film will do: estimators over features, and the distributions that they give."""
