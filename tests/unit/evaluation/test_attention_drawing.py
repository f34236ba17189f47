"""Attention as a page and as a picture, checked by what is in them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from limbeck.core.errors import UsageError
from limbeck.evaluation import fonts
from limbeck.evaluation.attention_page import render_attention
from limbeck.evaluation.attention_picture import draw_attention
from limbeck.evaluation.fonts import choose_fonts
from limbeck.model.attention_map import AttentionMap, Part

ABC = ("The", "<b>", "$x_1$")


def a_map(part: Part = "decoder", tokens: tuple[str, ...] = ABC, layers: int = 2, heads: int = 3) -> AttentionMap:
    random = np.random.default_rng(0)
    weights_LHTS = random.random((layers, heads, len(tokens), len(tokens))).astype(np.float32)
    if part == "decoder":
        weights_LHTS = np.tril(weights_LHTS)
    return AttentionMap(
        part=part,
        queries=tokens,
        keys=tokens,
        layers=tuple(range(1, layers + 1)),
        heads=tuple(range(1, heads + 1)),
        weights_LHTS=weights_LHTS / weights_LHTS.sum(-1, keepdims=True),
    )


def page(*maps: AttentionMap) -> str:
    return render_attention(maps, model="tiny", kind="decoder", texts=("a <script>alert(1)</script>", "乍得"))


def test_a_page_holds_its_numbers_and_nothing_from_elsewhere() -> None:
    drawn = a_map()
    written = page(drawn)
    assert written == page(drawn)
    data = json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', written)[0])
    assert [(each["part"], each["causal"]) for each in data] == [("decoder", True)]
    assert data[0]["queries"] == list(ABC)
    weights = np.array(data[0]["weights"]).reshape(drawn.weights_LHTS.shape) / 10_000
    np.testing.assert_allclose(weights, drawn.weights_LHTS, atol=5.1e-5)
    assert not re.findall(r'(?:src|href)=|url\("?http|@import', written)


def test_a_page_shows_texts_as_text() -> None:
    written = page(a_map())
    assert "<script>alert" not in written
    assert "<b>" not in written.partition('id="data">')[2].partition("</script>")[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; → 乍得" in written


def test_a_page_has_a_section_for_each_part_in_both_languages() -> None:
    written = page(a_map("encoder"), a_map("decoder"), a_map("cross"))
    assert written.count("<section") == 3
    for english, chinese in (("Encoder", "编码器"), ("Decoder", "解码器"), ("Cross-attention", "交叉注意力")):
        assert f'<h2><span lang="en">{english}</span><span lang="zh">{chinese}</span></h2>' in written
    assert 'class="masked"' in written
    assert 'class="masked"' not in page(a_map("encoder"))


def pixels(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    return imread(path)[..., :3]


def test_a_picture_grows_with_layers_and_heads(tmp_path: Path) -> None:
    sizes = []
    for layers, heads in ((1, 4), (2, 4), (2, 8)):
        path = tmp_path / f"{layers}{heads}.png"
        assert draw_attention([a_map(layers=layers, heads=heads)], path, model="tiny", texts=("x",)) == ""
        sizes.append(pixels(path).shape)
    assert sizes[0][0] < sizes[1][0] == sizes[2][0]
    assert sizes[1][1] < sizes[2][1]


def test_the_same_weights_give_the_same_picture(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        draw_attention([a_map()], tmp_path / name, model="tiny", texts=("x",))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_causal_mask_can_be_seen(tmp_path: Path) -> None:
    """The full cells of a one hot map are dark; what is masked shows none of the ramp's colours."""
    one = np.eye(3, dtype=np.float32)[None, None]
    dark = []
    for part in ("decoder", "encoder"):
        drawn = AttentionMap(
            part=part, queries=("a", "b", "c"), keys=("a", "b", "c"), layers=(1,), heads=(1,), weights_LHTS=one
        )
        draw_attention([drawn], tmp_path / f"{part}.png", model="x", texts=("x",))
        image = pixels(tmp_path / f"{part}.png")
        lowest = np.array([0xF3, 0xF7, 0xF5]) / 255
        dark.append(int((np.abs(image - lowest).max(-1) < 0.005).sum()))
    assert dark[0] == pytest.approx(dark[1] / 2, rel=0.1)  # three of six empty cells are masked, not light


def test_too_many_heads_for_a_picture(tmp_path: Path) -> None:
    many = a_map(tokens=tuple("abcdefghijklmnop"), layers=2, heads=64)
    with pytest.raises(UsageError, match="too large") as raised:
        draw_attention([many], tmp_path / "x.png", model="tiny", texts=("x",))
    assert "--head" in str(raised.value.fix)
    assert not (tmp_path / "x.png").exists()


def test_what_no_font_has_is_numbered_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = fonts._covered
    monkeypatch.setattr(fonts, "_covered", lambda path, signs: {sign for sign in own(path, signs) if sign < "\u2e80"})
    chosen = choose_fonts("a乍得")
    assert chosen.missing == "乍得"
    assert [chosen.label(token, place) for place, token in enumerate(("a", "乍₁", "b"), 1)] == ["a", "#2", "b"]
    # pytest turns matplotlib's warning of a missing glyph into a failure: nothing is drawn as a box
    tokens = ("The", "乍得", "\x01")
    assert draw_attention([a_map(tokens=tokens)], tmp_path / "x.png", model="x", texts=("乍得",)) == "\x01乍得"
    assert draw_attention([a_map(tokens=("a", "b"))], tmp_path / "x.png", model="x", texts=("ab",)) == ""


def test_fonts_that_have_the_characters_come_after_the_first() -> None:
    chosen = choose_fonts("plain → text ₁")
    assert (chosen.families, chosen.missing) == (("DejaVu Sans",), "")
    assert chosen.readable("$5") == r"\$5"
