"""What a forecast is worth: films with known outcomes, splits by time, metrics, comparisons."""
