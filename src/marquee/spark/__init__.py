"""The jobs of one machine on a cluster: the same tables in, the same saved models out."""
