"""What was known about a title on a day."""
