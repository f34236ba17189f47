"""Ways to make weights smaller: one file each."""
