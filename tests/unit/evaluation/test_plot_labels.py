import re

import pytest

from limbeck.evaluation.plot import plot_candidates

LABEL = re.compile(r'<text x="([\d.]+)" y="([-\d.]+)" text-anchor="(start|end)">(\w+ \w+)</text></g>')


def candidate(engine: str, name: str, size: int, kl: float) -> dict[str, object]:
    spread = {"low": kl / 2, "mean": kl, "high": kl * 2}
    return {"engine": engine, "name": name, "actual_bytes": size, "kl": spread, "status": "rejected", "reason": "r"}


@pytest.mark.parametrize("sizes", [(1_400_000, 1_700_000, 4_100_000, 4_400_000), (2_000_000,) * 4])
def test_no_label_is_drawn_over_another(sizes: tuple[int, ...]) -> None:
    engines = ("llamacpp", "openvino") * 2
    drawn = plot_candidates([candidate(engine, "q4", size, 1e-3) for engine, size in zip(engines, sizes, strict=True)])
    boxes = []
    for x, y, anchor, text in LABEL.findall(str(drawn)):
        start = float(x) - 7 * len(text) * (anchor == "end")
        boxes.append((start, start + 7 * len(text), float(y)))
    assert len(boxes) == 4
    for number, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[:number]:
            assert right <= other_left or other_right <= left or abs(y - other_y) >= 12
