"""Hold a conversation over an opened bundle."""
