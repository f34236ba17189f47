"""Text in, examples out: language, questions to learn from, splits that cannot leak."""
