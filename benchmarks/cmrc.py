"""The CMRC 2018 trial set: Chinese passages."""

import json
from collections.abc import Iterator
from pathlib import Path

NAME = "cmrc2018/cmrc2018_trial.json"
"""Where it lies in the folder of the public sets."""


def passages(path: Path) -> Iterator[str]:
    """Yield the text of each passage."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]
