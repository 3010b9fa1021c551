"""What a recommender is worth: splits of the data, metrics with one value per user, experiments."""
