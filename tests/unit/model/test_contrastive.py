import pytest
import torch

from limbeck.model.contrastive import contrastive_loss, related
from limbeck.model.sentence_embedding import mean_pooled, padded


def unit(*rows: tuple[float, ...]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows), dim=-1)


ANCHORS = unit((1, 0.2, 0), (0, 1, 0.3))
CANDIDATES = unit((0.5, 0.1, 0.8), (0.2, 0.4, -0.9), (0.3, 0.3, 0.3))
OWN_ONLY = torch.eye(2, 3, dtype=torch.bool)


def test_the_gradient_draws_an_anchor_to_its_own_and_away_from_the_others() -> None:
    anchors = ANCHORS.clone().requires_grad_()
    contrastive_loss(anchors, CANDIDATES, OWN_ONLY, temperature=0.5).backward()
    assert anchors.grad is not None
    step = -anchors.grad[0]
    own, other, hard = (float(step @ candidate) for candidate in CANDIDATES)
    assert own > 0 > other
    assert hard < own


def test_descending_brings_each_to_its_own() -> None:
    torch.manual_seed(0)
    raw = torch.randn(6, 4, requires_grad=True)
    optimiser = torch.optim.Adam([raw], lr=0.05)
    for _ in range(200):
        vectors = torch.nn.functional.normalize(raw, dim=-1)
        loss = contrastive_loss(vectors[:3], vectors[3:], torch.eye(3, dtype=torch.bool))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (vectors[:3] @ vectors[3:].T).argmax(1).tolist() == [0, 1, 2]


def test_a_second_positive_is_no_negative() -> None:
    anchors = ANCHORS.clone().requires_grad_()
    belongs = OWN_ONLY.clone()
    belongs[0, 1:] = True
    belongs[1, 0] = True
    loss = contrastive_loss(anchors, CANDIDATES, belongs)
    loss.backward()
    assert anchors.grad is not None
    assert float(anchors.grad[0].abs().max()) == pytest.approx(0.0, abs=1e-6)
    assert float(anchors.grad[1].abs().max()) > 1e-3


def test_the_loss_falls_in_both_directions() -> None:
    """Anchor 0 finds its own at once; its own, though, lies nearer to anchor 1."""
    anchors, candidates = unit((1, 0, 0), (0.6, 0.8, 0)), unit((0.8, 0.6, 0), (0, 0.9, 0.1))
    turned = contrastive_loss(candidates, anchors, torch.eye(2, dtype=torch.bool))
    assert float(contrastive_loss(anchors, candidates, torch.eye(2, dtype=torch.bool))) == pytest.approx(float(turned))


def test_related_are_those_of_the_group_and_those_that_read_alike() -> None:
    group_B, group_C = torch.tensor([7, 8, 9]), torch.tensor([7, 8, 9, 7, 1])
    text_C = torch.tensor([100, 200, 200, 300, 400])
    found = related(group_B, group_C, text_C)
    assert found.tolist() == [
        [True, False, False, True, False],
        [False, True, True, False, False],
        [False, True, True, False, False],
    ]


def test_padding_does_not_change_a_mean() -> None:
    torch.manual_seed(0)
    states = torch.randn(1, 3, 4)
    more = torch.cat([states, torch.full((1, 2, 4), 100.0)], dim=1)
    present = torch.tensor([[True, True, True, False, False]])
    short = mean_pooled(states, present[:, :3])
    assert torch.allclose(mean_pooled(more, present), short)
    assert float(short.norm()) == pytest.approx(1.0)


def test_texts_are_cut_and_padded_to_the_longest_that_is_left() -> None:
    assert padded([[5, 6, 7, 8], [9]], pad_id=0, longest=3).tolist() == [[5, 6, 7], [9, 0, 0]]
