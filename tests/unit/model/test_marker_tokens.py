import pytest
from tokenizers import AddedToken, Tokenizer, models

from limbeck.core.errors import LimbeckError
from limbeck.model.marker_tokens import infilling_of, masking_of, spans_of, word_ids


def tokenizer(*special: str) -> Tokenizer:
    words = Tokenizer(models.WordLevel({name: number for number, name in enumerate(["<pad>", "a", "b", "c", "d"])}))
    words.add_special_tokens([AddedToken(name, special=True) for name in ("<pad>", *special)])
    return words


def test_a_mask_is_found_by_its_names_and_words_are_what_is_not_special() -> None:
    for name in ("<mask>", "[MASK]"):
        masking = masking_of(tokenizer(name))
        assert (masking.mask_id, masking.first_word, masking.vocab_size) == (5, 1, 5)
    assert infilling_of(tokenizer("<mask>"), end_id=1, pad_id=0).mask_id == 5


def test_sentinels_come_by_their_numbers() -> None:
    found = spans_of(tokenizer("<extra_id_10>", "<extra_id_2>", "<extra_id_0>"), end_id=1)
    assert found.sentinels == (7, 6, 5)


def test_words_are_the_longest_run() -> None:
    assert word_ids(tokenizer()) == (1, 5)
    assert word_ids(Tokenizer(models.WordLevel({"a": 0, "b": 1}))) == (0, 2)


@pytest.mark.parametrize("find", [masking_of, lambda words: infilling_of(words, end_id=1, pad_id=0)])
def test_a_tokenizer_without_a_mask_is_told(find) -> None:
    with pytest.raises(LimbeckError, match="no mask") as raised:
        find(tokenizer())
    assert "[MASK]" in str(raised.value.fix)


def test_a_tokenizer_without_sentinels_is_told() -> None:
    with pytest.raises(LimbeckError, match="no sentinels") as raised:
        spans_of(tokenizer("<mask>"), end_id=1)
    assert "<extra_id_0>" in str(raised.value.fix)
