import pytest
import torch

from limbeck.model.learning_rate import choose_rate, count_weights, rule_of_size


def test_larger_networks_learn_slower_and_never_too_slow() -> None:
    rates = [rule_of_size(10**power, "scratch") for power in range(5, 13)]
    assert rates == sorted(rates, reverse=True)
    assert rule_of_size(10**6, "scratch") == 0.0013
    assert rates[-1] == 1e-4
    assert rule_of_size(10**8, "continued") == pytest.approx(rule_of_size(10**8, "scratch") / 10, rel=0.02)
    assert rule_of_size(10**8, "adapter") == rule_of_size(10**8, "scratch")


def test_embeddings_and_a_tied_head_do_not_count() -> None:
    table, head = torch.nn.Embedding(100, 8), torch.nn.Linear(8, 100, bias=False)
    head.weight = table.weight
    network = torch.nn.Sequential(table, torch.nn.Linear(8, 8), head)
    assert count_weights(network) == 72
    rate, why = choose_rate(network, "continued")
    assert (rate, why) == (
        rule_of_size(72, "continued"),
        "72 weights outside the embeddings, a network that has learnt already",
    )
