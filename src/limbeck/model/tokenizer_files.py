"""The tokenizer files of a checkpoint: copied, written anew where they are old, held against the network."""

import shutil
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from limbeck.core.errors import LimbeckError
from limbeck.model import text_tokenizer

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)
_OLDER = ("vocab.json", "vocab.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")
_FIX = "copy the tokenizer.json that the network was trained with into the folder"
MOST_UNUSED = 0.5
"""Networks have rows that no token uses, to round their number up or for tokens to come, but never half of them."""


def has_tokenizer(folder: Path) -> bool:
    """Tell whether a folder has a tokenizer of any form."""
    return any((folder / name).is_file() for name in ("tokenizer.json", *_OLDER))


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Copy a tokenizer; one that has no tokenizer.json is written as one.

    Raises: LimbeckError: the older files cannot be read.
    """
    if source == folder:
        return
    for name in TOKENIZER_FILES:
        if (source / name).exists():
            shutil.copyfile(source / name, folder / name)
    if not (source / "tokenizer.json").exists():
        _read_older(source).save_pretrained(folder)


def check_tokenizer(folder: Path, num_rows: int) -> None:
    """Refuse a tokenizer that cannot be the one of a network with so many rows of embeddings.

    Raises: LimbeckError: it has more tokens than the network, or far fewer, or cannot be read.
    """
    if (folder / "tokenizer.json").is_file():
        count = text_tokenizer.load(folder).vocab_size
    else:
        count = len(_read_older(folder))
    if not num_rows * (1 - MOST_UNUSED) <= count <= num_rows:
        what = f"the tokenizer has {count} tokens and the network {num_rows}: they do not belong together"
        raise LimbeckError(what, where=str(folder), fix=_FIX)


def _read_older(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise LimbeckError(f"the tokenizer cannot be read: {reason}", where=str(folder), fix=_FIX) from error
