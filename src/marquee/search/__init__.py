"""The search for hyperparameters of whatever kind: spaces, and trials that are not run twice."""
