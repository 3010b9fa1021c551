"""Files in, canonical tables and interactions out."""
