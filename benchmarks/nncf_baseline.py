"""Compress an OpenVINO model with NNCF to a number of bytes; runs in an environment of its own, without Limbeck.

python nncf_baseline.py MODEL.xml TOKENS.npy LIMIT_BYTES OUT

Its recommended way for language models: INT4 with the most sensitive matrices in INT8, AWQ and scale estimation on
data (https://docs.openvino.ai, "LLM weight compression"). Of the group sizes and ratios, OUT gets every one that is
the best of its group size within the limit, each in a folder of its own. Without data: OUT/int8 and OUT/int4.
"""

import os
import sys
import tempfile
from bisect import bisect_left
from pathlib import Path

import numpy as np
import openvino as ov

os.environ["OPENVINO_TELEMETRY"] = "0"
import nncf

RATIOS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
INT4 = nncf.CompressWeightsMode.INT4_SYM


def main() -> None:
    model, tokens_NT, limit_bytes, out = sys.argv[1], np.load(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    save(nncf.compress_weights(read(model), mode=nncf.CompressWeightsMode.INT8_ASYM), out / "int8")
    save(nncf.compress_weights(read(model), mode=INT4, ratio=1.0, group_size=32, all_layers=True), out / "int4")
    data = nncf.Dataset([inputs(row_T) for row_T in tokens_NT])
    for group_size in (32, 64, 128):
        for all_layers in (False, True):
            settings = {"mode": INT4, "group_size": group_size, "all_layers": all_layers}
            try:
                ratio = least_ratio(model, settings, limit_bytes)
            except nncf.errors.InvalidGroupSizeError:  # some width is no multiple of it
                continue
            if ratio is None:
                continue
            found = nncf.compress_weights(
                read(model), ratio=ratio, dataset=data, awq=True, scale_estimation=True, **settings
            )
            name = f"awq_se_g{group_size}_{'all' if all_layers else 'body'}_r{ratio}"
            if save(found, out / name) > limit_bytes:  # with data, other matrices may be the sensitive ones
                (out / name / "openvino_model.xml").unlink()


def least_ratio(model: str, settings: dict, limit_bytes: int) -> float | None:
    """Return the share of INT4 that leaves the most in INT8 within the limit."""
    with tempfile.TemporaryDirectory() as scratch:

        def fits(ratio: float) -> bool:
            found = nncf.compress_weights(read(model), ratio=ratio, **settings)
            return save(found, Path(scratch) / str(ratio)) <= limit_bytes

        # the larger the share, the smaller the file
        first = bisect_left(RATIOS, True, key=fits)
        return RATIOS[first] if first < len(RATIOS) else None


def read(model: str) -> ov.Model:
    return ov.Core().read_model(model)


def save(model: ov.Model, folder: Path) -> int:
    """Write a model and return the bytes of its weights."""
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, folder / "openvino_model.xml", compress_to_fp16=True)
    return (folder / "openvino_model.bin").stat().st_size


def inputs(row_T: np.ndarray) -> dict[str, np.ndarray]:
    length = len(row_T)
    return {
        "input_ids": row_T[None].astype(np.int64),
        "attention_mask": np.ones((1, length), np.int64),
        "position_ids": np.arange(length, dtype=np.int64)[None],
        "beam_idx": np.zeros(1, np.int32),
    }


if __name__ == "__main__":
    main()
