"""Put the trained encoder into the package, exported for the engine that embeds on the run side.

python recipes/starter/ship_encoder.py build/starter/encoder -o src/limbeck/knowledge/encoder
"""

import argparse
import shutil
import warnings
from pathlib import Path

import openvino
import torch

from limbeck.knowledge.embedder import MODEL_FILES
from limbeck.model import checkpoint
from limbeck.model.sentence_embedding import SentenceEncoder

_EXAMPLE = [[300, 400, 500], [300, 400, 0]]


def export(trained: Path, target: Path) -> None:
    """Write a checkpoint folder as a graph from padded tokens to unit vectors, weights in half precision."""
    network = checkpoint.load(trained, "encoder")
    network.set_attn_implementation("eager")
    example_BT = torch.tensor(_EXAMPLE)
    example_BT[1, -1] = network.config.pad_token_id
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of the branches it takes; a padded example takes all of them
        graph = openvino.convert_model(SentenceEncoder(network).eval(), example_input=example_BT)
    target.mkdir(parents=True, exist_ok=True)
    openvino.save_model(graph, target / MODEL_FILES[0], compress_to_fp16=True)
    shutil.copyfile(trained / MODEL_FILES[2], target / MODEL_FILES[2])


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    export(options.trained, options.output)
    size = sum(path.stat().st_size for path in options.output.iterdir())
    print(f"{options.output}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
