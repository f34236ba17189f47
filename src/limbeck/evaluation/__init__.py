"""Score an opened bundle and write the evidence down."""
