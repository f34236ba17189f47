"""The worked example of docs/attention.md, recomputed from the numbers on the page."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
Matrix = npt.NDArray[np.float64]


def tables(page: str) -> list[dict[str, list[str]]]:
    """Return the blocks of three tokens: under each heading the cells of its three rows."""
    found = []
    for block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        heads, *rows = [re.split(r"\s{2,}", line.strip()) for line in block.splitlines()]
        if len(rows) == 3:
            found.append({head: [row[column + 1] for row in rows] for column, head in enumerate(heads)})
    return found


def matrix(cells: list[str]) -> Matrix:
    return np.array([[float(number.replace("-∞", "-inf")) for number in cell.split()] for cell in cells])


def attention(q_TD: Matrix, k_SD: Matrix, v_SE: Matrix, *, is_causal: bool) -> Mapping[str, Matrix]:
    scores_TS = q_TD @ k_SD.T
    scaled_TS = scores_TS / np.sqrt(k_SD.shape[1])
    if is_causal:
        scaled_TS[np.triu_indices_from(scaled_TS, 1)] = -np.inf
    weights_TS = np.exp(scaled_TS) / np.exp(scaled_TS).sum(-1, keepdims=True)
    return {"QKᵀ": scores_TS, "QKᵀ/√d": scaled_TS, "softmax": weights_TS, "softmax·V": weights_TS @ v_SE}


@pytest.mark.parametrize("page", ["attention.md", "attention.zh-CN.md"])
def test_the_worked_example_is_right(page: str) -> None:
    given, encoder, decoder = tables(page)
    assert list(given) == ["Q", "K", "V"]
    q_TD, k_SD, v_SE = (matrix(cells) for cells in given.values())
    assert set(encoder) == {"QKᵀ", "QKᵀ/√d", "softmax", "softmax·V"}
    assert set(decoder) == {"QKᵀ/√d", "softmax", "softmax·V"}
    for shown, is_causal in ((encoder, False), (decoder, True)):
        computed = attention(q_TD, k_SD, v_SE, is_causal=is_causal)
        for head, cells in shown.items():
            decimals = max(len(number.partition(".")[2]) for number in cells[0].split())
            np.testing.assert_array_equal(matrix(cells), np.round(computed[head], decimals) + 0.0, err_msg=head)


@pytest.mark.parametrize("page", ["attention.md", "attention.zh-CN.md"])
def test_the_row_told_in_words_is_right(page: str) -> None:
    text = " ".join((DOCS / page).read_text(encoding="utf-8").split())
    given = tables(page)[0]
    query, key = (given[name][row].split() for name, row in (("Q", 2), ("K", 1)))
    dot = sum(int(one) * int(other) for one, other in zip(query, key, strict=True))
    assert f"{' + '.join(f'{one}·{other}' for one, other in zip(query, key, strict=True))} = {dot}" in text
    row = np.exp(matrix(tables(page)[1]["QKᵀ/√d"])[2])
    for number in (*row, row.sum(), row[1] / row.sum()):
        assert f"{number:.3f}" in text
    mixed = (
        f"{weight:.3f}·({value.replace(' ', ', ')})" for weight, value in zip(row / row.sum(), given["V"], strict=True)
    )
    assert " + ".join(mixed) in text
