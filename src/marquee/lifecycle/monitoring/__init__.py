"""Whether what a workspace is fed and what it answers is still what its model was made for."""
