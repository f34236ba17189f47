"""Options that cannot be used are told all at once, before anything runs; those an engine lacks, with who has them."""

import dataclasses
import json

import numpy as np
import pytest

from limbeck.core.errors import LimbeckError
from limbeck.engine import options
from limbeck.engine.engine import ENGINES, Sampling
from limbeck.engine.json_schema import json_grammar, schema_problems
from limbeck.engine.options import engines_with, lacking, refuse_lacking

BAD = [
    ({"max_tokens": 0}, "max_tokens is 0"),
    ({"max_tokens": 2.0}, "max_tokens is 2.0"),
    ({"temperature": -0.1}, "temperature is -0.1"),
    ({"temperature": float("nan")}, "temperature is nan"),
    ({"temperature": float("inf")}, "temperature is inf"),
    ({"top_k": 0}, "top_k is 0"),
    ({"top_p": 0}, "top_p is 0; it takes 0 < top_p <= 1"),
    ({"top_p": 2}, "top_p is 2"),
    ({"top_p": "0.9"}, "top_p is '0.9'"),
    ({"min_p": -0.01}, "min_p is -0.01"),
    ({"min_p": 1.5}, "min_p is 1.5"),
    ({"num_beams": 0}, "num_beams is 0"),
    ({"num_beams": True}, "num_beams is True"),
    ({"num_beams": 2, "temperature": 0.5}, "num_beams and temperature exclude each other"),
    ({"repetition_penalty": 0}, "repetition_penalty is 0"),
    ({"seed": -1}, "seed is -1"),
    ({"stop_ids": (-1,)}, "stop_ids is (-1,)"),
    ({"stop_ids": "2"}, "stop_ids is '2'"),
    ({"stop_texts": "end"}, "stop_texts is 'end'"),
    ({"stop_texts": ("end", "")}, "none of them empty"),
    ({"json_schema": {}}, "it takes a JSON schema as text"),
    ({"json_schema": "{"}, "json_schema is not JSON"),
    ({"json_schema": "{}", "stop_texts": ("}",)}, "stop_texts and json_schema exclude each other"),
]


@pytest.mark.parametrize(("values", "said"), BAD)
def test_a_bad_value_is_told(values, said):
    with pytest.raises(LimbeckError) as caught:
        Sampling(**values)
    assert said in caught.value.what
    assert len(caught.value.what.splitlines()) == 1
    assert caught.value.where == "sampling"


def test_all_bad_values_are_told_at_once():
    with pytest.raises(LimbeckError) as caught:
        Sampling(top_p=2, temperature=-1, num_beams=0, json_schema='{"type": "word"}')
    assert [line.split()[0] for line in caught.value.what.splitlines()] == [
        "temperature",
        "top_p",
        "num_beams",
        "json_schema.type",
        "num_beams",
    ]
    with pytest.raises(LimbeckError, match="seed is -1"):
        dataclasses.replace(Sampling(), seed=-1)


def test_values_at_their_bounds_are_good():
    assert Sampling(top_p=1.0, min_p=0.0, top_k=1, temperature=0, num_beams=4).num_beams == 4
    assert Sampling(seed=np.int64(3), temperature=np.float32(0.5), min_p=1).seed == 3
    assert hash(Sampling(stop_texts=("a",))) != hash(Sampling(json_schema="{}"))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("[]", "json_schema is []"),
        ("true", "json_schema is true"),
        ('{"type": "date"}', 'json_schema.type is "date"'),
        ('{"type": ["string", 3]}', "json_schema.type is 3"),
        ('{"type": []}', "json_schema.type is []"),
        ('{"pattern": "a+"}', "json_schema has 'pattern'; known are type, enum"),
        ('{"x-guidance": {}}', "json_schema has 'x-guidance'"),
        ('{"properties": ["a"]}', 'json_schema.properties is ["a"]'),
        ('{"properties": {"a": {"items": {"type": "x"}}}}', 'json_schema.properties.a.items.type is "x"'),
        ('{"properties": {"a": {}}, "required": ["b"]}', 'json_schema.required names "b"'),
        ('{"required": "a"}', 'json_schema.required is "a"'),
        ('{"required": [["a"]]}', 'json_schema.required is [["a"]]'),
        ('{"enum": []}', "json_schema.enum is []"),
        ('{"enum": [{}]}', "json_schema.enum is [{}]"),
        ('{"type": "string", "enum": ["a", 1]}', "json_schema.enum has 1, which is not of the type"),
        ('{"type": "integer", "enum": [true]}', "json_schema.enum has true"),
        ('{"additionalProperties": {}}', "json_schema.additionalProperties is {}"),
        ('{"enum": [NaN]}', "json_schema is not JSON: NaN"),
        ("[" * 100_000, "json_schema is not JSON"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_with_its_place(schema, said):
    (problem,) = schema_problems(schema)
    assert said in problem
    with pytest.raises(LimbeckError, match="json_schema"):
        json_grammar(schema)


def test_objects_hold_only_the_names_they_are_given():
    inner = {"properties": {"b": {"type": "null"}}, "additionalProperties": True, "title": "B"}
    schema = {"type": "object", "properties": {"a": {"items": inner}}, "required": ["a"], "description": "A"}
    assert not schema_problems(json.dumps(schema))
    written = json.loads(json_grammar(json.dumps(schema)).removeprefix("start: %json "))
    assert written["additionalProperties"] is False
    assert written["properties"]["a"]["items"]["additionalProperties"] is True
    assert "title" not in str(written)
    assert "additionalProperties" not in json_grammar("{}")


def test_what_an_engine_lacks_is_refused_with_who_has_it():
    refuse_lacking("mine", {"num_beams", "top_k"}, Sampling(top_p=0.5, temperature=1))
    with pytest.raises(LimbeckError) as caught:
        refuse_lacking("mine", {"num_beams", "min_p"}, Sampling(num_beams=2, min_p=0.5))
    assert caught.value.what == "the mine engine lacks min_p, num_beams"
    assert "openvino" in caught.value.fix
    assert "llamacpp" not in caught.value.fix


def test_an_engine_that_is_not_installed_is_not_recommended(monkeypatch):
    assert "openvino" in engines_with(["num_beams"])
    assert lacking("llamacpp") == {"num_beams"}

    class Absent:
        names = staticmethod(ENGINES.names)

        @staticmethod
        def load(name):
            raise ModuleNotFoundError(name)

    monkeypatch.setattr(options, "ENGINES", Absent)
    assert engines_with(["num_beams"]) == ()
    with pytest.raises(LimbeckError, match="none"):
        refuse_lacking("mine", {"num_beams"}, Sampling(num_beams=2))
