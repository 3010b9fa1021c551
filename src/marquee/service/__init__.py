"""External ids in, records for a reader out."""
