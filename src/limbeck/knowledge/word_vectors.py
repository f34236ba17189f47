"""What a text is about by its words alone: a vector for each English word, Han character and pair of them.

The vector of a text is the sum of those of its pieces; how much a word weighs is how long its vector is.
V = pieces in the table, N = pieces of a text, D = dimensions. Source of the idea: Arora, Liang and Ma 2017, a simple
but tough-to-beat baseline for sentence embeddings, https://openreview.net/forum?id=SyK00v5xx
"""

import io
import re
import zipfile
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

from limbeck.core.errors import KnowledgeError

_PIECE = re.compile(r"[a-z][a-z']+|[\u4e00-\u9fff]+")

_SHORTEST = 1e-9

Vectors = npt.NDArray[np.float32]


def pieces(text: str) -> list[str]:
    """Cut a text into English words, Han characters, and pairs of neighbouring ones."""
    found: list[str] = []
    for run in _PIECE.findall(text.lower().replace("’", "'")):
        if run.isascii():
            found.append(run)
        else:
            found += [*run, *(run[at : at + 2] for at in range(len(run) - 1))]
    return found


@final
class WordVectors:
    """A table of vectors, read whole.

    Raises: KnowledgeError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as saved:
                words = bytes(saved["words"]).decode("utf-8").split("\n")
                self._rows_VD, self._lengths_V = saved["rows"], saved["lengths"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            what = f"the word vectors of this knowledge base cannot be read: {error}"
            fix = "copy the bundle again, or reinstall limbeck"
            raise KnowledgeError(what, where=str(path), fix=fix) from error
        self._place_of = {word: place for place, word in enumerate(words)}

    def __len__(self) -> int:
        return len(self._place_of)

    def vector(self, text: str) -> Vectors:
        """Return the unit vector (D,) of a text; zeros where it has no known piece."""
        summed_D: Vectors = self.rows(text).sum(axis=0)
        return summed_D / max(float(np.linalg.norm(summed_D)), _SHORTEST)

    def rows(self, text: str) -> Vectors:
        """Return the vectors (N, D) of the known pieces of a text, each as long as it weighs."""
        places = [self._place_of[piece] for piece in pieces(text) if piece in self._place_of]
        rows_ND: Vectors = self._rows_VD[places].astype(np.float32) * self._lengths_V[places][:, None]
        return rows_ND


def save(words: list[str], vectors_VD: Vectors, path: Path) -> None:
    """Write a table, a byte a number: each row is scaled to its largest."""
    lengths_V = np.abs(vectors_VD).max(axis=1) / 127
    rows_VD = np.rint(vectors_VD / np.maximum(lengths_V, 1e-12)[:, None]).astype(np.int8)
    joined = np.frombuffer("\n".join(words).encode("utf-8"), np.uint8)
    np.savez(path, words=joined, rows=rows_VD, lengths=lengths_V.astype(np.float32))
