"""Ways to join a model and knowledge: one file each."""
