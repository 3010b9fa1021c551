"""HTTP, terminal, environment and wall clock live here and nowhere else."""
