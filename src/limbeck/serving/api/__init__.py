"""An opened bundle over HTTP, as OpenAI's clients speak it."""
