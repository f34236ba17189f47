from limbeck.model.token_labels import label_tokens


def test_a_token_is_called_by_its_characters() -> None:
    text = "The dogs"
    assert label_tokens(text, [(0, 3), (3, 7), (7, 8)], ["The", "Ġdog", "s"]) == ("The", "dog", "s")


def test_a_token_without_characters_keeps_its_name() -> None:
    assert label_tokens("a", [(0, 0), (0, 1), (0, 0)], ["[CLS]", "a", "[SEP]"]) == ("[CLS]", "a", "[SEP]")


def test_space_is_made_visible() -> None:
    labels = label_tokens("a \n\tb", [(0, 1), (1, 2), (2, 4), (4, 5)], ["a", "Ġ", "Ċĉ", "b"])
    assert labels == ("a", "␣", "⏎⇥", "b")


def test_a_character_of_several_tokens_is_numbered() -> None:
    offsets = [(0, 1), (0, 1), (0, 1), (1, 2), (2, 3), (2, 3)]
    assert label_tokens("猫狗鸟", offsets, list("abcdef")) == ("猫₁", "猫₂", "猫₃", "狗", "鸟₁", "鸟₂")
