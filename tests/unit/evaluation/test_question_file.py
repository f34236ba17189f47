import json
from pathlib import Path

import pytest

from limbeck.bundle.turn import Turn
from limbeck.core.errors import LimbeckError
from limbeck.evaluation.questions import read_questions


def written(tmp_path: Path, *lines: object, encoding: str = "utf-8") -> Path:
    path = tmp_path / "questions.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_bytes("\n".join(texts).encode(encoding))
    return path


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"question": "What is the capital of Chad?", "answers": ["N'Djamena"], "note": "ignored"},
        "",
        {"question": "乍得的面积？", "answers": [1284000, " x "], "id": 7, "kind": "fact"},
        {"question": "Who am I?\u2028", "answers": []},
        encoding="utf-8-sig",
    )
    first, second, third = read_questions(path)
    assert (first.id, first.language, first.answers) == ("line 1", "en", ("N'Djamena",))
    assert (second.id, second.language, second.answers, second.kind) == ("7", "zh", ("1284000", "x"), "fact")
    assert (third.id, third.is_answerable) == ("line 4", False)


@pytest.mark.parametrize(
    ("history", "turns"),
    [
        (["a", "b"], (Turn(question="a"), Turn(question="b"))),
        ([{"question": "a", "answer": "b"}], (Turn(question="a", answer="b"),)),
        ([{"role": "system", "content": "s"}, {"role": "user", "content": "a"}], (Turn(question="a"),)),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
            (Turn(question="a", answer="b"),),
        ),
        (
            ["a", {"role": "assistant", "content": "b"}, {"question": "c"}],
            (Turn(question="a", answer="b"), Turn(question="c")),
        ),
        ([], ()),
        (None, ()),
    ],
)
def test_history_may_be_written_three_ways(tmp_path: Path, history: object, turns: tuple[Turn, ...]) -> None:
    (question,) = read_questions(written(tmp_path, {"question": "q", "answers": [], "history": history}))
    assert question.history == turns


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("3", "a int instead of an object"),
        ({"answers": []}, "'question' is missing"),
        ({"question": "  ", "answers": []}, "'question' must be text"),
        ({"question": 3, "answers": []}, "'question' must be text, not 3"),
        ({"question": "q"}, "'answers' is missing"),
        ({"question": "q", "answer": ["a"]}, "unknown key 'answer'; did you mean 'answers'"),
        ({"question": "q", "answers": "a"}, "'answers' must be a list, not 'a'"),
        ({"question": "q", "answers": [""]}, "holds '', which is not a text"),
        ({"question": "q", "answers": [True]}, "holds True"),
        ({"question": "q", "answers": [], "history": "a"}, "'history' must be a list"),
        ({"question": "q", "answers": [], "history": [3]}, "'history' holds 3"),
        ({"question": "q", "answers": [], "history": [{"role": "tool", "content": "a"}]}, "'history' holds"),
        ({"question": "q", "answers": [], "id": [1]}, "'id' must be"),
        ({"question": "q", "answers": [], "kind": 3}, "'kind' must be text"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = written(tmp_path, {"question": "q", "answers": []}, line)
    with pytest.raises(LimbeckError) as caught:
        read_questions(path)
    assert "line 2: " in caught.value.what and message in caught.value.what
    assert caught.value.where == f"{path}:2" and caught.value.fix


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path, "{", {"question": "q", "answers": [], "id": "x"}, {"question": "r", "answers": [], "id": "x"}, "[]"
    )
    with pytest.raises(LimbeckError, match="3 problems") as caught:
        read_questions(path)
    for part in ("line 1", "line 3: id 'x' is that of line 2 too", "line 4"):
        assert part in caught.value.what


def test_a_file_that_is_no_question_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimbeckError, match="No such file"):
        read_questions(tmp_path / "nowhere")
    with pytest.raises(LimbeckError, match="no question"):
        read_questions(written(tmp_path, "", " "))
    with pytest.raises(LimbeckError, match="not UTF-8") as caught:
        read_questions(written(tmp_path, {"question": "q", "answers": []}, "乍得", encoding="gb18030"))
    assert str(caught.value.where).endswith(":2")
