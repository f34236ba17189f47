"""The tokenizer of a preset, with what the families that hide tokens need besides: a mask, or sentinels."""

import shutil
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

MASK = "<mask>"
_HIDES = {
    "bart": (MASK,),
    "bert": (MASK,),
    "modernbert": (MASK,),
    "t5": tuple(f"<extra_id_{number}>" for number in range(100)),
}


def write_preset_tokenizer(source: Path, family: str, folder: Path) -> Path:
    """Copy a preset's tokenizer to `folder`, its vocabulary longer by what the family hides tokens with."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    words = Tokenizer.from_file(str(source / "tokenizer.json"))
    words.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in _HIDES.get(family, ())])
    words.save(str(folder / "tokenizer.json"))
    return folder
