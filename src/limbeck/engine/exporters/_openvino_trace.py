"""Trace a Hugging Face causal model into a stateful OpenVINO graph, without optimum.

B = batch, T = new tokens, S = past and new tokens, H = key/value heads, P = past tokens, D = head size.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import openvino as ov
import torch
from openvino import PartialShape, opset13
from openvino._offline_transformations import apply_make_stateful_transformation, apply_moc_transformations
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.cache_utils import DynamicCache, DynamicLayer
from transformers.utils import logging

_PREFIX = "self.model."


@lru_cache(maxsize=4)
def trace(config_json: str) -> tuple[ov.Model, dict[str, tuple[int, ...]]]:
    """Build the graph of a configuration and the shape of each of its weights.

    The graph is shared: clone it before changing it. Each weight is an input of the graph, named
    after its Hugging Face tensor, so that no optimisation of the graph can touch it.
    """
    fields = json.loads(config_json)
    config = AutoConfig.for_model(fields.pop("model_type"), **fields)
    with _quietly():
        wrapper = _Cached(_placeholder(config)).eval()
    with torch.no_grad(), _quietly():
        # not sharing memory: the graph outlives the module
        decoder = TorchScriptPythonDecoder(wrapper, example_input=_example(config), shared_memory=False)
        # the frontend is called by hand because ov.convert_model reports each call to its maker
        frontend = FrontEndManager().load_by_framework("pytorch")
        graph = frontend.convert(frontend.load(decoder))
    shapes = {name: tuple(weight.shape) for name, weight in wrapper.model.named_parameters()}
    _make_stateful(graph, heads=_kv_heads(config), head_size=_head_size(config))
    _open_weights(graph, shapes)
    apply_moc_transformations(graph, cf=True, smart_reshape=False)
    return graph, shapes


class _Cached(nn.Module):
    """A model whose cache is a flat list of tensors, reordered by `beam_idx` on the way in."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids_BT: Tensor, mask_BS: Tensor, position_ids_BT: Tensor, beam_idx_B: Tensor, *past: Tensor
    ) -> tuple[Tensor, ...]:
        """Return the logits (B, T, V), then each layer's keys and values (B, H, S, D)."""
        cache = DynamicCache()
        for keys, values in zip(past[::2], past[1::2], strict=True):
            cache.layers.append(_layer(keys.index_select(0, beam_idx_B), values.index_select(0, beam_idx_B)))
        out = self.model(
            input_ids=input_ids_BT,
            attention_mask=_causal_mask(mask_BS, input_ids_BT.shape[1]),
            position_ids=position_ids_BT,
            past_key_values=cache,
            use_cache=True,
        )
        return (out.logits, *(part for layer in cache.layers for part in (layer.keys, layer.values)))


@contextmanager
def _quietly() -> Iterator[None]:
    # the tracer warns of values that are meant to be constant, transformers of its own attributes
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)


def _placeholder(config: Any) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=torch.float32)
    placeholder: nn.Module = model
    return placeholder


def _layer(keys_BHPD: Tensor, values_BHPD: Tensor) -> DynamicLayer:
    # DynamicCache starts from an empty one-dimensional tensor, whose concatenation cannot be converted
    layer = DynamicLayer()
    layer.keys, layer.values = keys_BHPD, values_BHPD
    layer.dtype, layer.device, layer.is_initialized = keys_BHPD.dtype, keys_BHPD.device, True
    return layer


def _causal_mask(mask_BS: Tensor, num_new: int) -> Tensor:
    key_S = torch.arange(mask_BS.shape[1])
    query_T = torch.arange(num_new) + (mask_BS.shape[1] - num_new)
    seen_BHTS = (key_S[None, :] <= query_T[:, None])[None, None] & (mask_BS[:, None, None, :] > 0)
    return torch.where(seen_BHTS, 0.0, torch.finfo(torch.float32).min)


def _example(config: Any) -> tuple[Tensor, ...]:
    past = torch.zeros(2, _kv_heads(config), 3, _head_size(config))
    positions_BT = torch.tensor([[3, 4], [3, 4]])
    beam_idx_B = torch.tensor([0, 1], dtype=torch.int32)
    layers = [past.clone() for _ in range(2 * config.num_hidden_layers)]
    return (torch.zeros_like(positions_BT), torch.ones(2, 5, dtype=torch.int64), positions_BT, beam_idx_B, *layers)


def _kv_heads(config: Any) -> int:
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)


def _head_size(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _open_weights(graph: ov.Model, shapes: dict[str, tuple[int, ...]]) -> None:
    for node in graph.get_ordered_ops():
        name = node.get_friendly_name().removeprefix(_PREFIX)
        if node.get_type_name() == "Constant" and name in shapes:
            weight = opset13.parameter(shapes[name], dtype=ov.Type.f32, name=name)
            for user in node.output(0).get_target_inputs():
                user.replace_source_output(weight.output(0))
            graph.add_parameters([weight])


def _make_stateful(graph: ov.Model, *, heads: int, head_size: int) -> None:
    """Name the inputs as OpenVINO GenAI wants and turn the cache into variables."""
    for port, name in zip(graph.inputs, ("input_ids", "attention_mask", "position_ids", "beam_idx"), strict=False):
        port.get_tensor().set_names({name})
        port.get_node().set_friendly_name(name)
    graph.outputs[0].get_tensor().set_names({"logits"})
    pairs = {}
    for index, (past, present) in enumerate(zip(graph.inputs[4:], graph.outputs[1:], strict=True)):
        part = f"{index // 2}.{'value' if index % 2 else 'key'}"
        past.get_tensor().set_names({f"past_key_values.{part}"})
        past.get_node().set_friendly_name(f"past_key_values.{part}")
        past.get_node().set_partial_shape(PartialShape([-1, heads, -1, head_size]))
        present.get_tensor().set_names({f"present.{part}"})
        pairs[f"past_key_values.{part}"] = f"present.{part}"
    for port in graph.inputs[:3]:
        port.get_node().set_partial_shape(PartialShape([-1, -1]))
    graph.inputs[3].get_node().set_partial_shape(PartialShape([-1]))
    graph.validate_nodes_and_infer_types()
    apply_make_stateful_transformation(graph, pairs)
    _start_empty(graph, heads=heads, head_size=head_size)


def _start_empty(graph: ov.Model, *, heads: int, head_size: int) -> None:
    """Give each variable its first value: no past tokens for as many rows as the batch has."""
    batch = opset13.gather(opset13.shape_of(graph.input("input_ids"), "i64"), np.array([0]), np.array(0))
    empty = opset13.constant(np.array([heads, 0, head_size], np.int64))
    start_BHPD = opset13.broadcast(np.array(0.0, np.float32), opset13.concat([batch, empty], 0))
    for node in graph.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([start_BHPD.output(0)])
    graph.validate_nodes_and_infer_types()
