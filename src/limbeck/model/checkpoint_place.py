"""Tell a checkpoint folder from a hub id and from a slip of the pen, before anything heavy is loaded."""

import re
from pathlib import Path
from typing import Literal

from limbeck.core.errors import LimbeckError

CONFIG = "config.json"
SUPPORTED = "a Hugging Face folder (config.json, *.safetensors, tokenizer) or a hub id such as owner/model"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def place_of(name: str, *, supported: str = SUPPORTED) -> Literal["folder", "hub"]:
    """Tell where the checkpoint of this name lies.

    Raises: LimbeckError: nowhere; the fix names what is `supported`.
    """
    path = Path(name)
    if (path / CONFIG).is_file():
        return "folder"
    if path.exists():
        what = f"'{path}' is not a folder" if not path.is_dir() else f"'{path}' has no {CONFIG}"
        raise LimbeckError(f"{what}: no checkpoint is there", where=str(path), fix=f"give {supported}")
    # `build/atlsa` beside a folder `build` is a slip, not a model of the owner `build`
    if _HUB_ID.fullmatch(name) and not path.parent.is_dir():
        return "hub"
    raise LimbeckError(f"there is no '{path}'", fix=f"give {supported}")
