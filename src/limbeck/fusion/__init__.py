"""Join a model and a knowledge base into an assistant that refers instead of reciting."""
