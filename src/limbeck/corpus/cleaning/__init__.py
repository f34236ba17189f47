"""Records to fewer, cleaner records; whatever is left out is counted."""
