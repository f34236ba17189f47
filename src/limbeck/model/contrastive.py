"""Contrastive loss: a text's vector lies near what belongs to it and far from everything else of the batch.

B = anchors, C = candidates (C >= B: candidate i belongs to anchor i, what follows are hard negatives), D = dimensions.
"""

import torch

_TEMPERATURE = 0.05


def contrastive_loss(
    anchors_BD: torch.Tensor,
    candidates_CD: torch.Tensor,
    related_BC: torch.Tensor,
    *,
    temperature: float = _TEMPERATURE,
) -> torch.Tensor:
    """Return the symmetric InfoNCE loss, with the batch as negatives.

    Anchors look for their candidate, and the first B candidates for their anchor.
    Args:
        related_BC: true where a candidate belongs to an anchor as well; such pairs are no negatives.
    Source: van den Oord et al. 2018, https://arxiv.org/abs/1807.03748
    """
    own_B = torch.arange(len(anchors_BD))
    with torch.autocast("cpu", enabled=False):  # bfloat16 has three digits: too few for cosines near one
        scores_BC = anchors_BD.float() @ candidates_CD.float().T / temperature
    ignored_BC = related_BC.clone()
    ignored_BC[own_B, own_B] = False
    scores_BC = scores_BC.masked_fill(ignored_BC, float("-inf"))
    forth = torch.nn.functional.cross_entropy(scores_BC, own_B)
    back = torch.nn.functional.cross_entropy(scores_BC[:, : len(own_B)].T, own_B)
    return (forth + back) / 2


def related(group_B: torch.Tensor, group_C: torch.Tensor, text_C: torch.Tensor) -> torch.Tensor:
    """Tell which candidates belong to which anchors: those of its group, and those that read as its own does."""
    own_text_B = text_C[: len(group_B)]
    return (group_B[:, None] == group_C[None, :]) | (own_text_B[:, None] == text_C[None, :])
