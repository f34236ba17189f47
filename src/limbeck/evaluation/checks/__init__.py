"""What is measured on an opened bundle: one file each."""
