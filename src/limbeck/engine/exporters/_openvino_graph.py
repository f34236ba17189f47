"""Put weights of any type into a traced OpenVINO graph.

O = outputs, I = inputs, G = groups of 32 inputs, S = 32.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import Type, opset13

from limbeck.compression.quantised_tensor import GROUP_SIZE, QuantisedTensor, Tensor

_PORTS = ("input_ids", "attention_mask", "position_ids", "beam_idx", "logits")
_COUNTED = re.compile(r"(Parameter|Result)_\d+")
_INDENTATION = re.compile(rb">\s+<")
_HISTORY = re.compile(rb'<rt_info><attribute name="fused_names" version="0" value="[^"]*" /></rt_info>')


def fill(skeleton: ov.Model, tensors: Mapping[str, Tensor], *, share: bool = False) -> ov.Model:
    """Return a copy of the graph that holds these weights, deterministic to the byte.

    Args:
        share: do not copy the weights; they must then outlive the graph.
    """
    graph = skeleton.clone()
    for parameter in graph.get_parameters():
        if (name := parameter.get_friendly_name()) in tensors:
            _replace(parameter, tensors[name], share=share)
            graph.remove_parameter(parameter)
    graph.validate_nodes_and_infer_types()
    name_by_position(graph, keep=frozenset(tensors.keys() | set(_PORTS)))
    for port in (port for node in graph.get_ordered_ops() for port in node.outputs()):
        if not port.get_names().intersection(_PORTS):
            port.get_tensor().set_names(set())
    graph.set_friendly_name("limbeck")
    return graph


def name_by_position(graph: ov.Model, keep: frozenset[str] = frozenset()) -> None:
    """Rename the nodes: automatic names carry a counter of the whole process, and long ones cost bytes."""
    for index, node in enumerate(graph.get_ordered_ops()):
        if node.get_friendly_name() not in keep:
            node.set_friendly_name(f"n{index}")
        for port in node.outputs():
            given = {name for name in port.get_names() if not _COUNTED.fullmatch(name)}
            port.get_tensor().set_names(given)


def serialise(graph: ov.Model, weights: Path) -> bytes:
    """Write the weights and return the description that goes beside them, without indentation and history."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "graph.xml"
        ov.serialize(graph, described, weights)
        return _HISTORY.sub(b"", _INDENTATION.sub(b"><", described.read_bytes()))


def _replace(parameter: ov.Node, tensor: Tensor, *, share: bool) -> None:
    users = parameter.output(0).get_target_inputs()
    name = parameter.get_friendly_name()
    if not isinstance(tensor, QuantisedTensor):
        weight = _plain(np.asarray(tensor), name, share=share)
    else:
        weight = _decompressed(tensor, name, share=share)
    for user in users:
        if isinstance(tensor, QuantisedTensor) and user.get_node().get_type_name() == "MatMul":
            user.get_node().set_attribute("transpose_b", True)  # GPT-2 stores (I, O), codes are always (O, I)
        user.replace_source_output(weight)


def _plain(values: npt.NDArray[np.generic], name: str, *, share: bool) -> ov.Output:
    constant = opset13.constant(
        np.ascontiguousarray(values), name=name, shared_memory=share and values.flags.c_contiguous
    )
    if values.dtype == np.float32:
        return constant.output(0)
    return opset13.convert(constant, "f32").output(0)


def _decompressed(tensor: QuantisedTensor, name: str, *, share: bool) -> ov.Output:
    # this chain is the one the CPU plugin recognises: the weights stay compressed in memory
    rows, columns = tensor.shape
    shape_OGS = [rows, columns // GROUP_SIZE, GROUP_SIZE]
    codes = _codes(tensor, shape_OGS, share=share)
    codes.set_friendly_name(name)
    scales_OG1 = np.ascontiguousarray(tensor.scales_OG).reshape(*shape_OGS[:2], 1)
    grouped = opset13.multiply(opset13.convert(codes, "f16"), opset13.constant(scales_OG1))
    flat = opset13.reshape(grouped, np.array([rows, columns], np.int64), False)
    return opset13.convert(flat, "f32").output(0)


def _codes(tensor: QuantisedTensor, shape_OGS: list[int], *, share: bool) -> ov.Node:
    codes_OI = np.ascontiguousarray(tensor.codes_OI)
    if tensor.bits == 8:
        return opset13.constant(codes_OI.reshape(shape_OGS), shared_memory=share)
    nibbles = (codes_OI.reshape(-1).view(np.uint8) & 0x0F).reshape(-1, 2)
    owned = ov.Tensor(Type.i4, ov.Shape(shape_OGS))  # a tensor around our array would dangle: the graph outlives it
    owned.data.reshape(-1)[:] = (nibbles[:, 0] | (nibbles[:, 1] << 4)).view(owned.data.dtype)
    return opset13.constant(owned)
