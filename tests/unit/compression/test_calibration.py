import pytest

from limbeck.compression.calibration import check_prompts, read_prompts, spread
from limbeck.core.errors import LimbeckError


def test_reads_one_list_a_line(tmp_path):
    path = tmp_path / "calibration.jsonl"
    path.write_text("[1, 2]\n\n[3]\n", encoding="utf-8")
    assert read_prompts(path) == ((1, 2), (3,))


@pytest.mark.parametrize("line", ["[1, 2", '{"a": 1}', "[1.5]", '["a"]', "[true]"])
def test_a_line_that_is_no_list_of_ids_is_named(tmp_path, line):
    path = tmp_path / "calibration.jsonl"
    path.write_text(f"[1]\n{line}\n", encoding="utf-8")
    with pytest.raises(LimbeckError) as caught:
        read_prompts(path)
    assert f"{path}:2" in str(caught.value)


def test_a_missing_or_binary_file_is_told(tmp_path):
    with pytest.raises(LimbeckError, match="cannot be read"):
        read_prompts(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LimbeckError, match="cannot be read"):
        read_prompts(tmp_path / "binary")


@pytest.mark.parametrize(
    ("prompts", "message"),
    [([], "no calibration prompts"), ([[1], []], "empty"), ([[1, 9]], "token 9 is not"), ([[-1]], "token -1 is not")],
)
def test_prompts_the_model_cannot_take_are_refused(prompts, message):
    with pytest.raises(LimbeckError, match=message):
        check_prompts(prompts, vocab_size=9)


def test_spread_covers_the_whole_list():
    prompts = [(index,) for index in range(100)]
    assert spread(prompts, 4) == ((0,), (25,), (50,), (75,))
    assert spread(prompts[:3], 4) == ((0,), (1,), (2,))
