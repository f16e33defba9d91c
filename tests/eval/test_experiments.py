"""The frame of experiments: verdicts, seeds, tables, reports, presets."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from pydantic import BaseModel

from eval import experiments, plots
from eval.drawing import standalone
from eval.experiments.experiment import Findings, Plot, Stopped, each_seed, identity, leave
from eval.experiments.verdict import BySeed, Verdict, Word, decide
from eval.intervals import Difference, Interval
from eval.intervals.seeds import Study, nested
from eval.metrics import Ratio
from eval.tables import Table
from kg_service.core.errors import ConfigInvalid

from ..conftest import ROOT

NAN = float("nan")


def spread(low: float, high: float) -> Difference:
    return Difference((low + high) / 2, low, high, 0.1)


@pytest.mark.parametrize(
    ("intervals", "side", "word"),
    [
        ([(0.1, 0.3), (0.01, 0.2)], "above", Word.CONFIRMED),
        ([(0.1, 0.3), (-0.01, 0.2)], "above", Word.INCONCLUSIVE),
        ([(-0.3, -0.1), (-0.2, -0.1)], "above", Word.REFUTED),
        ([(-0.3, -0.1), (0.1, 0.2)], "above", Word.INCONCLUSIVE),
        ([(-0.3, -0.1), (-0.2, -0.1)], "below", Word.CONFIRMED),
        ([(0.1, 0.3)], "below", Word.REFUTED),
        ([(0.0, 0.3)], "above", Word.INCONCLUSIVE),
        ([(NAN, NAN)], "above", Word.INCONCLUSIVE),
        ([], "above", Word.INCONCLUSIVE),
    ],
)
def test_a_claim_is_confirmed_only_where_every_seed_lies_on_its_side(intervals, side, word) -> None:
    assert decide([spread(*ends) for ends in intervals], side=side) is word


def findings(**more: object) -> Findings:
    given: dict[str, object] = {"word": Word.CONFIRMED, "claim": "A < B & so on", "statistic": "gain", "value": 0.25,
                                "low": 0.1, "high": 0.4, "by_seed": (BySeed(0, 0.25, 0.1, 0.4),),
                                "notes": ("a note",)}  # fmt: skip
    verdict = Verdict(**(given | more))  # type: ignore[arg-type]
    rows = (("a|b", Interval(0.5, 0.4, 0.6, 9), Difference(0.1, -0.1, 0.3, 0.2), 3, None, True),)
    table = Table("t", "A table", ("name", "value", "gain", "count", "gap", "flag"), rows)
    return Findings(verdict, (table,), (Plot("p", "A plot", '<svg viewBox="0 0 1 1"></svg>'),), "7", "sha256:abc")


class Few(BaseModel):
    size: int = 1


def test_a_verdict_file_says_what_was_claimed_measured_and_on_which_release(tmp_path: Path) -> None:
    leave(findings(), Few(), tmp_path, experiment="ablation", preset="toy-cpu", seeds=[0])
    found = json.loads((tmp_path / "verdict.json").read_text())
    assert found == {
        "experiment": "ablation", "preset": "toy-cpu", "verdict": "confirmed", "claim": "A < B & so on",
        "statistic": "gain", "value": 0.25, "ci": [0.1, 0.4], "detectable": None,
        "by_seed": [{"seed": 0, "value": 0.25, "ci": [0.1, 0.4]}], "release": "7", "digest": "sha256:abc",
        "notes": ["a note"],
    }  # fmt: skip
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (manifest["experiment"], manifest["seeds"], manifest["digest"]) == ("ablation", [0], "sha256:abc")


def test_a_report_stands_alone_and_begins_with_the_verdict(tmp_path: Path) -> None:
    leave(findings(), Few(), tmp_path, experiment="ablation", preset="toy-cpu", seeds=[0])
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"(src|href)=|https?://|@import|url\(", page)
    assert page.index("Confirmed") < page.index("A plot") < page.index("A table")
    assert "A &lt; B &amp; so on" in page
    assert "sha256:abc" in page
    leave(findings(), Few(), tmp_path, experiment="ablation", preset="toy-cpu", seeds=[0])
    assert (tmp_path / "report.html").read_text() == page


def test_a_verdict_without_a_number_makes_a_report_all_the_same(tmp_path: Path) -> None:
    bare = findings(word=Word.INCONCLUSIVE, value=NAN, low=NAN, high=NAN, by_seed=(BySeed(0, NAN, NAN, NAN),))
    leave(bare, Few(), tmp_path, experiment="ablation", preset="toy-cpu", seeds=[0])
    assert json.loads((tmp_path / "verdict.json").read_text())["ci"] == [None, None]
    assert "+nan" not in (tmp_path / "report.html").read_text()
    assert bare.verdict.sentence.endswith("(gain: –, 95 % interval – to –).")


def test_a_table_gives_machines_every_digit_and_people_three(tmp_path: Path) -> None:
    (table,) = findings().tables
    header, row = csv.reader(io.StringIO(table.as_csv()))
    assert header == [
        "name",
        "value",
        "value_low",
        "value_high",
        "gain",
        "gain_low",
        "gain_high",
        "count",
        "gap",
        "flag",
    ]
    assert row == ["a|b", "0.5", "0.4", "0.6", "0.1", "-0.1", "0.3", "3", "", "True"]
    assert "| a\\|b | 0.500 [0.400, 0.600] | +0.100 [-0.100, +0.300] | 3 | – | yes |" in table.as_markdown()


def test_a_plot_is_a_picture_of_its_own_and_the_same_each_time() -> None:
    rows = {"a − b": spread(0.1, 0.3), "nothing": spread(NAN, NAN)}
    found = [plots.forest("f", "F", rows, axis="gain"),
             plots.bars("b", "B", {"m": [spread(0.1, 0.3), spread(NAN, NAN)]}, ["x", "y"], axis="share"),
             plots.lines("l", "L", {"p": {"s": [[(0, 1), (1, 2)], []]}}, axes=("step", "reward"))]  # fmt: skip
    for plot in found:
        root = ElementTree.fromstring(standalone(plot.svg))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert plots.forest("f", "F", rows, axis="gain") == found[0]


def test_finished_seeds_are_not_repeated_and_a_stopped_one_continues(tmp_path: Path) -> None:
    done: list[int] = []

    def work(seed: int, folder: Path) -> int:
        folder.mkdir(parents=True, exist_ok=True)
        done.append(seed)
        return 3 if seed == 1 and done.count(1) == 1 else 0

    with pytest.raises(Stopped) as stopped:
        each_seed(tmp_path, range(3), "m", work)
    assert (stopped.value.code, done) == (3, [0, 1])
    assert each_seed(tmp_path, range(3), "m", work) == [(seed, tmp_path / f"seed-{seed}") for seed in range(3)]
    assert done == [0, 1, 1, 2]
    each_seed(tmp_path, range(3), "m", work)
    assert done == [0, 1, 1, 2]


def test_a_seed_finished_with_other_settings_is_refused(tmp_path: Path) -> None:
    each_seed(tmp_path, [0], identity(Few()), lambda seed, folder: None)
    with pytest.raises(ConfigInvalid, match="other settings"):
        each_seed(tmp_path, [0], identity(Few(size=2)), lambda seed, folder: None)


def study(**right: list[int]) -> Study:
    """One metric of models that have so many of 60 right, seed by seed."""

    def one(count: int) -> tuple[dict[str, Ratio], list[str]]:
        return {"m": Ratio(np.array([1.0] * count + [0.0] * (60 - count)), np.ones(60))}, [str(i) for i in range(60)]

    measured = {name: [one(count) for count in counts] for name, counts in right.items()}
    return Study(measured, ["m"], seeds=range(len(next(iter(right.values())))), resamples=500)


def test_seeds_that_disagree_widen_the_interval_beyond_that_of_any_seed() -> None:
    found = study(alike=[30] * 3, apart=[21, 30, 39], low=[20] * 3)
    alike, apart = found.gain([("alike", "low")], "m"), found.gain([("apart", "low")], "m")
    assert alike.value == pytest.approx(apart.value) == pytest.approx(1 / 6)
    assert apart.high - apart.low > 1.3 * (alike.high - alike.low)
    assert apart.detectable > alike.detectable
    assert [gain.value for gain in found.gains([("apart", "low")], "m")] == pytest.approx([1 / 60, 10 / 60, 19 / 60])


def test_one_seed_alone_says_what_the_paired_bootstrap_says() -> None:
    found = study(a=[30], b=[20])
    (each,), total = found.gains([("a", "b")], "m"), found.gain([("a", "b")], "m")
    assert each.value == total.value == pytest.approx(1 / 6)
    assert (each.low, each.high) == pytest.approx((total.low, total.high), abs=0.02)


def test_a_mean_over_pairs_is_the_mean_of_their_gains() -> None:
    found = study(a=[30, 40], b=[20, 10], clean=[40, 40])
    both = found.gain([("a", "clean"), ("b", "clean")], "m")
    assert both.value == pytest.approx((-10 - 20 + 0 - 30) / 4 / 60)
    assert both.low < both.value < both.high


def test_a_model_against_itself_gains_nothing_in_any_resample() -> None:
    found = study(a=[5, 9]).gain([("a", "a")], "m")
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_share_of_all_or_nothing_over_seeds_is_not_certain() -> None:
    found = study(never=[0, 0]).value("never", "m")
    assert found.value == 0
    assert found.low == pytest.approx(0)
    assert 0.01 < found.high < 0.1
    assert found.groups == 120


def test_what_is_not_a_number_in_one_seed_is_left_out_of_the_mean() -> None:
    found = nested([np.full(200, NAN), np.full(200, 0.5)], seed=0)
    assert set(found[~np.isnan(found)]) == {0.5}


@pytest.mark.parametrize("name", ["ablation", "corruption"])
def test_every_preset_says_its_commands_and_does_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    presets = sorted(path.stem for path in (experiments.PRESETS / name).glob("*.toml"))
    assert presets == ["paper", "real-cpu", "small-gpu", "toy-cpu"]
    for preset in presets:
        assert experiments.run(name, preset, 2, tmp_path / "run", ["data=IMAGES"], True) == 0
        lines = capsys.readouterr().out.splitlines()
        commands = [shlex.split(line) for line in lines if not line.startswith("#")]
        assert [line for line in lines if line.startswith("#")] == ["# seed 0", "# seed 1"]
        assert all(words[:2] == ["python", "-m"] and words[2] in ("synth", "training", "eval") for words in commands)
        assert any("IMAGES" in word for words in commands for word in words) is (preset in ("paper", "real-cpu"))
    assert not (tmp_path / "run").exists()


def test_what_there_is_not_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="there are ablation, reward"):
        experiments.run("oblation", "toy-cpu", 1, tmp_path, [], False)
    with pytest.raises(ConfigInvalid, match="paper, real-cpu, small-gpu, toy-cpu"):
        experiments.run("ablation", "huge", 1, tmp_path, [], False)
    with pytest.raises(ConfigInvalid, match="at least one seed"):
        experiments.run("ablation", "toy-cpu", 0, tmp_path, [], False)
    assert not list(tmp_path.iterdir())
