"""Sources become facts and chunks in one SQLite file that can be searched, cited and edited."""
