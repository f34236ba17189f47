"""limbeck.toml becomes a frozen Recipe, every problem reported at once."""
