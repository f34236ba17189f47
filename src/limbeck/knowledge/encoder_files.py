"""Where an encoder lies and what it is made of; light enough to be asked before anything is loaded."""

from pathlib import Path

ENCODER = "encoder"
"""The folder of an encoder: in the package, and in a bundle beside its knowledge base."""
GRAPH, WEIGHTS, TOKENIZER, WORDS = "encoder.xml", "encoder.bin", "tokenizer.json", "words.npz"
MODEL_FILES = (GRAPH, WEIGHTS, TOKENIZER, WORDS)


def shipped_folder() -> Path:
    """Return the folder of the encoder that comes with Limbeck."""
    return Path(__file__).parent / ENCODER
