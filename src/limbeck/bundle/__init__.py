"""Pack, open and verify one self-contained, hashed assistant."""
