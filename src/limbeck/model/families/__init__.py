"""Network families that can be built from scratch: one file each."""
