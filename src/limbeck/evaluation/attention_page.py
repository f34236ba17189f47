"""Draw attention weights as one HTML page that needs nothing but itself and lets the reader point at a head."""

from collections.abc import Sequence
from typing import Any

import jinja2
import numpy as np

from limbeck.model.attention_map import AttentionMap

_STEPS = 10_000
"""Weights are written as whole numbers of this many: four decimals, and no points or zeros to carry."""


def render_attention(maps: Sequence[AttentionMap], *, model: str, kind: str, texts: Sequence[str]) -> str:
    """Write the page; the same weights give the same page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("limbeck.evaluation", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    page = environment.get_template("attention.html.jinja")
    data = [_drawable(each) for each in maps]
    return page.render(maps=data, model=model, kind=kind, texts=texts, steps=_STEPS).rstrip() + "\n"


def _drawable(drawn: AttentionMap) -> dict[str, Any]:
    """Return what the page's script draws: for each layer and head the weights, row after row."""
    flat_LHW = drawn.weights_LHTS.reshape(len(drawn.layers), len(drawn.heads), -1)
    return {
        "part": drawn.part,
        "queries": drawn.queries,
        "keys": drawn.keys,
        "layers": drawn.layers,
        "heads": drawn.heads,
        "causal": drawn.is_causal,
        "weights": np.rint(flat_LHW.astype(np.float64) * _STEPS).astype(int).tolist(),
    }
