from limbeck.core.artifact import Artifact
from limbeck.core.change import changes_since, differences, in_short
from limbeck.core.disk import JSON

PARTS: dict[str, JSON] = {
    "version": 1,
    "modules": {"limbeck.a": "1", "limbeck.b": "2"},
    "params": {"bits": 4, "sampling": {"top_k": 5}},
    "files": {"handbook/visa.md": "1"},
    "inputs": {"knowledge": {"tables.sqlite": "1"}},
    "environment": {"torch": "2.12"},
}


def artifact(parts: dict[str, JSON]) -> Artifact:
    return Artifact(stage="s", key="k", path=None, files={}, parts=parts)  # type: ignore[arg-type]


def test_every_kind_of_change_in_words() -> None:
    after: dict[str, JSON] = {
        "version": 2,
        "modules": {"limbeck.a": "9", "limbeck.c": "2"},
        "params": {"bits": [4, 8], "sampling": {"top_k": 6}, "name": "国" * 90},
        "files": {"handbook/visa.md": "2", "handbook/refund.md": "1"},
        "inputs": {"knowledge": {"tables.sqlite": "2"}},
        "environment": {"torch": "2.13"},
    }
    assert differences(PARTS, after) == (
        "version 1 -> 2",
        "params.bits 4 -> [4, 8]",
        f'params.name added: "{"国" * 58}…',
        "params.sampling.top_k 5 -> 6",
        "file handbook/refund.md added",
        "file handbook/visa.md changed",
        "input knowledge/tables.sqlite changed",
        'environment.torch "2.12" -> "2.13"',
        "module limbeck.a changed",
        "module limbeck.b removed",
        "module limbeck.c added",
    )
    assert differences(after, PARTS)[2].startswith("params.name removed, was")


def test_parts_not_known_yet_are_left_out() -> None:
    assert differences(PARTS, {name: value for name, value in PARTS.items() if name != "inputs"}) == ()


def test_nearest_then_newest_is_compared() -> None:
    far, old, new = ({**PARTS, "version": 3, "params": {"bits": 2}}, {**PARTS, "version": 2}, {**PARTS, "version": 5})
    assert changes_since([artifact(each) for each in (far, new, old)], PARTS) == ("version 5 -> 1",)
    assert changes_since([], PARTS) is None
    assert in_short(("a", "b", "c")) == "a (and 2 more)"
