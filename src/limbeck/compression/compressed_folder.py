"""What lies where in the folder of a compressed model."""

MODELS_FOLDER = "models"
TOKENIZER_FOLDER = "tokenizer"
PLAN_FILE = "plan.json"
MEASURED_FILE = "measured.json"
CARD = "README.md"
EVERYTHING = frozenset((MODELS_FOLDER, TOKENIZER_FOLDER, PLAN_FILE, MEASURED_FILE, CARD))
"""All that such a folder holds."""
