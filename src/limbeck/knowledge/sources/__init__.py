"""Kinds of knowledge source: one file each, the file name is the kind."""
