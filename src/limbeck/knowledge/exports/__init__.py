"""Forms in which facts leave a knowledge base: one file each, found by its name."""
