import pytest

from limbeck.bundle.reply import Reply
from limbeck.fusion.answer import Answer
from limbeck.knowledge.evidence import Citation, Evidence, Label
from limbeck.serving.api.cited_json import Unsayable, cited_in, narrow, number_in

ROW = Evidence(
    kind="fact",
    subject=Label(en="Chad", zh="乍得"),
    property=Label(en="area", zh="面积"),
    property_id="area_km2",
    value=Label(en="1,284,000 km²", zh="1284000 平方公里"),
    link="named",
    match="named",
    fit=1.0,
    lead=1.0,
    citation=Citation(source="countries.csv", row=36),
)
SENTENCE = "The area of Chad is 1,284,000 km²."
ANSWER = Answer(text=SENTENCE, citations=(ROW.citation,), evidence=(ROW,), refused=False)
CITED = cited_in(Reply(answer=ANSWER, language="en", timings_ms={}, shown=(ROW,)))


@pytest.mark.parametrize(
    ("field", "schema", "left"),
    [
        ("subject", {"type": "string"}, ["Chad"]),
        ("Area_km2", {"type": "string"}, ["1,284,000 km²"]),
        ("面积", {"type": "integer"}, [1284000]),
        ("value", {"type": ["string", "number"]}, ["1,284,000 km²", 1284000]),
        ("source", {"type": "string"}, ["countries.csv:36"]),
        ("answer", {}, [SENTENCE]),
        ("subject", {"type": ["integer", "null"]}, [None]),
        ("place", {"type": "string", "enum": ["chad", "Peru"]}, ["chad"]),
        ("size", {"enum": [7, 1284000, True]}, [1284000]),
        ("place", {"enum": ["Peru", None]}, [None]),
    ],
)
def test_only_what_the_row_says_is_left(field: str, schema: dict, left: list) -> None:
    assert narrow(schema, CITED, field) == {"enum": left}


def test_a_field_of_another_name_may_hold_any_text_of_the_row() -> None:
    assert set(narrow({"type": "string"}, CITED, "other")["enum"]) == {
        *(SENTENCE, "Chad", "1,284,000 km²", "countries.csv:36", "area"),
    }


def test_objects_and_lists_are_narrowed_inside() -> None:
    schema = {
        "type": "object",
        "properties": {
            "subject": {"type": "string"},
            "is_large": {"type": "boolean"},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "integer"}}}},
        },
        "required": ["subject"],
        "additionalProperties": True,
    }
    left = narrow(schema, CITED)
    assert set(left["properties"]) == {"subject", "rows"} == set(left["required"])
    assert left["additionalProperties"] is False
    assert left["properties"]["rows"]["items"]["properties"] == {"value": {"enum": [1284000]}}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "boolean"},
        {"enum": ["Peru"]},
        {"type": "object"},
        {"type": "object", "properties": {"is_large": {"type": "boolean"}}, "required": ["is_large"]},
        {"type": "object", "properties": {"subject": {"type": "integer"}}, "required": ["subject"]},
        {"type": "array", "items": {"type": "boolean"}},
    ],
)
def test_what_no_row_says_is_not_said(schema: dict) -> None:
    with pytest.raises(Unsayable):
        narrow(schema, CITED)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1284000", 1284000),
        ("1,284,000 km²", 1284000),
        ("-3.5", -3.5),
        ("16 °C", 16),
        ("2 million", None),
        ("3.2 亿", None),
        ("8:30", None),
        ("1,28", None),
        ("from 8 to 16", None),
        ("", None),
    ],
)
def test_a_number_is_read_only_where_it_is_one(text: str, number: float | None) -> None:
    assert number_in(text) == number
