import errno
import itertools
import json
import re

import numpy as np
import pytest
from fake_export_format import ToyFormat, ToyReference, random_prompts, random_weights, write_checkpoint

from limbeck.compression.effort import Effort
from limbeck.compression.limits import Limits
from limbeck.compression.methods.quantise import compress as compress_weight
from limbeck.compression.search import compress, forecast
from limbeck.compression.search import search as searched
from limbeck.core.budget import Budget
from limbeck.core.errors import GateError, LimbeckError, MachineError
from limbeck.core.progress import silent
from limbeck.core.units import parse_size_bytes

PROMPTS = random_prompts()
Q4_BYTES, F16_BYTES = 13_184, 45_568


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "model", random_weights())


def search(checkpoint, out, *formats, prompts=PROMPTS, reserved_bytes=0, **budget):
    limits = Limits(budget=Budget(**budget), reserved_bytes=reserved_bytes)
    formats = formats or (ToyFormat(),)
    return compress(checkpoint, prompts, limits, formats=formats, out=out, open_model=ToyReference)


def read(out, name="plan.json"):
    return json.loads((out / name).read_text(encoding="utf-8"))


def statuses(out):
    return {found["name"]: found["status"] for found in read(out)["candidates"]}


def models_bytes(out):
    return sum(path.stat().st_size for path in (out / "models").rglob("*") if path.is_file())


def test_without_a_budget_all_uniform_types_are_tried_and_one_is_kept(checkpoint, tmp_path):
    plan = search(checkpoint, tmp_path / "out")
    assert set(statuses(tmp_path / "out")) == {"q4", "q8", "f16"}
    assert [trial.candidate.label for trial in plan.chosen] == ["toy f16"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["measured.json", "models", "plan.json"]
    assert [path.name for path in (tmp_path / "out" / "models").iterdir()] == ["toy"]


def test_a_tight_budget_is_met_by_a_mix_that_beats_q4(checkpoint, tmp_path):
    out = tmp_path / "out"
    plan = search(checkpoint, out, disk_bytes=20_000)
    assert plan.chosen[0].candidate.name == "mixed"
    assert models_bytes(out) <= 20_000
    found = {candidate["name"]: candidate for candidate in read(out)["candidates"]}
    assert found["mixed"]["kl"]["mean"] < found["q4"]["kl"]["mean"]
    assert found["q8"]["status"] == found["f16"]["status"] == "not exported"
    assert set(found["mixed"]["types"].values()) >= {"q4", "q8"}


def test_no_budget_between_smallest_and_largest_is_ever_exceeded(checkpoint, tmp_path):
    kls = []
    for disk_bytes in range(Q4_BYTES + 600, F16_BYTES + 3000, 4000):
        out = tmp_path / str(disk_bytes)
        plan = search(checkpoint, out, disk_bytes=disk_bytes, reserved_bytes=500)
        assert models_bytes(out) + 500 <= disk_bytes
        kls.append(plan.chosen[0].kl)
    assert kls[-1] < kls[0] / 100
    assert all(later <= earlier + 1e-3 for earlier, later in itertools.pairwise(kls))


def test_two_engines_share_one_disk_budget(checkpoint, tmp_path):
    out = tmp_path / "out"
    plan = search(checkpoint, out, ToyFormat("a"), ToyFormat("b"), disk_bytes=F16_BYTES + 500)
    assert sorted(path.name for path in (out / "models").iterdir()) == ["a", "b"]
    assert models_bytes(out) <= F16_BYTES + 500
    assert set(read(out)["chosen"]) == {"a", "b"}
    assert 0 <= read(out)["engines_agree"] <= 1
    f16 = [candidate for candidate in read(out)["candidates"] if candidate["name"] == "f16"]
    assert [candidate["status"] for candidate in f16] == ["not exported"] * 2
    assert len(plan.chosen) == 2


def test_measured_memory_and_latency_reject(checkpoint, tmp_path):
    plan = search(checkpoint, tmp_path / "a", ToyFormat(latency_ms=lambda size: size / 1000), latency_ms=30.0)
    assert plan.chosen[0].candidate.name == "q8"
    assert read(tmp_path / "a")["candidates"][2]["reason"] == "over the latency budget"
    plan = search(checkpoint, tmp_path / "b", ToyFormat(memory_bytes=lambda size: size), memory_bytes=20_000)
    assert plan.chosen[0].candidate.name == "q4"


def test_the_plan_is_the_same_whatever_the_clock_says(checkpoint, tmp_path):
    for name, clock in (("a", 1.0), ("b", 7.5)):
        search(checkpoint, tmp_path / name, ToyFormat(latency_ms=lambda size, clock=clock: clock), disk_bytes=20_000)
    for name in ("plan.json", "sensitivity.json", "models/toy/model.toy"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert read(tmp_path / "a", "measured.json") != read(tmp_path / "b", "measured.json")
    assert "latency_ms" not in json.dumps(read(tmp_path / "a")["candidates"])


def test_the_plan_holds_forecast_and_actual(checkpoint, tmp_path):
    search(checkpoint, tmp_path / "out", disk_bytes=20_000)
    plan = read(tmp_path / "out")
    assert plan["budget"]["disk_bytes"] == 20_000
    assert plan["num_prompts"] == len(PROMPTS)
    assert set(plan["sensitivity"]) == {name for name in random_weights() if "norm" not in name}
    exported = [candidate for candidate in plan["candidates"] if "actual_bytes" in candidate]
    assert all(candidate["forecast_error"] == 0 for candidate in exported)
    assert all(candidate["kl"]["low"] <= candidate["kl"]["mean"] <= candidate["kl"]["high"] for candidate in exported)


def test_a_budget_below_the_smallest_exports_nothing_and_suggests_one_that_works(checkpoint, tmp_path):
    export = ToyFormat()
    with pytest.raises(GateError, match="the least that works is") as caught:
        search(checkpoint, tmp_path / "out", export, disk_bytes=9_000, reserved_bytes=2_000)
    assert caught.value.exit_code == 3
    assert "of the weights are model." in caught.value.what
    assert not export.written
    assert set(statuses(tmp_path / "out").values()) == {"not exported"}
    suggested = parse_size_bytes(re.search(r'disk = "([^"]+)"', caught.value.fix)[1])
    search(checkpoint, tmp_path / "again", disk_bytes=suggested, reserved_bytes=2_000)


def test_reserved_bytes_above_the_budget_are_named(checkpoint, tmp_path):
    with pytest.raises(GateError, match="knowledge, tokenizer and papers 50 kB"):
        search(checkpoint, tmp_path / "out", disk_bytes=20_000, reserved_bytes=50_000)


def test_limits_that_contradict_each_other_leave_the_evidence_behind(checkpoint, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(GateError, match="memory 10 MB of 5 kB") as caught:
        search(checkpoint, out, disk_bytes=30_000, memory_bytes=5_000)
    assert 'memory = "11 MB"' in str(caught.value.fix)
    assert {found["reason"] for found in read(out)["candidates"]} >= {"over the memory budget"}
    assert not (out / "models").exists()
    assert not (out / ".candidates").exists()


def test_an_export_that_scores_nan_is_rejected(checkpoint, tmp_path):
    def spoil(logits_NV):
        spoiled = logits_NV.copy()
        spoiled[0, 0] = np.nan
        return spoiled

    with pytest.raises(GateError, match="no engine gives finite scores"):
        search(checkpoint, tmp_path / "out", ToyFormat(spoil=spoil))
    assert not any("kl" in found for found in read(tmp_path / "out")["candidates"])


def test_a_file_larger_than_its_forecast_is_not_chosen(checkpoint, tmp_path):
    class Optimist(ToyFormat):
        """Forecasts half of what it writes for q8 and above."""

        def forecast_bytes(self, checkpoint, types):
            size_bytes = super().forecast_bytes(checkpoint, types)
            return size_bytes // 2 if "q4" not in types.values() else size_bytes

    search(checkpoint, tmp_path / "out", Optimist(), disk_bytes=14_000)
    assert models_bytes(tmp_path / "out") <= 14_000
    assert statuses(tmp_path / "out")["q4"] == "chosen"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_locked_disk_is_the_machines_fault_and_leaves_no_rubbish(checkpoint, tmp_path, code):
    class Full(ToyFormat):
        """Runs out of disk in the middle of a file."""

        def write(self, checkpoint, tensors, target):
            (target / "half").write_bytes(b"x" * 1000)
            raise OSError(code, "refused", str(target / "half"))

    with pytest.raises(MachineError) as caught:
        search(checkpoint, tmp_path / "out", Full())
    assert caught.value.exit_code == 4
    assert not list((tmp_path / "out").iterdir())


def test_leftovers_of_a_killed_run_are_swept(checkpoint, tmp_path):
    out = tmp_path / "out"
    for left in (out / ".candidates" / "toy" / "q4", out / "models" / "gone"):
        left.mkdir(parents=True)
        (left / "torn").write_bytes(b"x")
    search(checkpoint, out, disk_bytes=20_000)
    assert [path.name for path in (out / "models").rglob("*")] == ["toy", "model.toy"]


def test_bad_inputs_are_refused_before_any_export(checkpoint, tmp_path):
    for prompts, message in (((), "no calibration prompts"), (((1, 96),), "token 96 is not one of the model's 96")):
        with pytest.raises(LimbeckError, match=message):
            search(checkpoint, tmp_path / "out", prompts=prompts)
    with pytest.raises(LimbeckError, match="no engine"):
        compress(checkpoint, PROMPTS, Limits(budget=Budget()), formats=(), out=tmp_path / "out")
    weights = random_weights()
    weights["model.norm.weight"][0] = np.nan
    with pytest.raises(LimbeckError, match="NaN"):
        search(write_checkpoint(tmp_path / "nan", weights), tmp_path / "out")


def test_a_full_model_that_overflows_is_told(tmp_path):
    class Overflowing(ToyReference):
        """Scores infinity, as a diverged network does."""

        def logits_NV(self, prompts):
            return super().logits_NV(prompts) * np.float32(np.inf)

    folder = write_checkpoint(tmp_path / "model", random_weights())
    limits = Limits(budget=Budget())
    with pytest.raises(LimbeckError, match="the full model scores NaN or infinity"):
        compress(folder, PROMPTS, limits, formats=[ToyFormat()], out=tmp_path / "out", open_model=Overflowing)


def test_odd_widths_are_told_in_the_plan(tmp_path):
    folder = write_checkpoint(tmp_path / "model", random_weights(odd=True))
    search(folder, tmp_path / "out", disk_bytes=25_000)
    for candidate in read(tmp_path / "out")["candidates"]:
        assert candidate["types"]["model.odd.weight"] == "f16"


def test_with_text_to_learn_from_what_is_chosen_is_distilled_and_kept_where_it_is_better(checkpoint, tmp_path):
    class Better(ToyReference):
        """Distils by rounding one weight to the nearest again."""

        def distilled(self, tensors):
            name = "model.layers.0.up.weight"
            return tensors | {name: compress_weight(self.weights[name], "q4")}

    found = forecast(checkpoint, Limits(budget=Budget(disk_bytes=20_000)), (ToyFormat(),))
    effort = Effort(learning=random_prompts(30, seed=3), distils=True, measures_all=True)
    heard = []

    def phases(name):
        heard.append(name)
        return silent

    plan = searched(found, PROMPTS, out=tmp_path / "out", phases=phases, effort=effort, open_model=Better)
    assert heard == ["inputs", "sensitivity", "exports", "distil toy mixed"]
    assert set(statuses(tmp_path / "out")) == {"q4", "q8", "f16", "mixed", "mixed-distilled"}
    assert statuses(tmp_path / "out")["f16"] == "rejected"
    best = min((trial for trial in plan.trials if trial.candidate.name.startswith("mixed")), key=lambda trial: trial.kl)
    assert plan.chosen[0].kl <= best.kl * 1.1
    assert models_bytes(tmp_path / "out") <= 20_000
