"""The report stands alone, says what the numbers say, and refuses to compare what does not compare."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.backends import FunctionBackend
from eval.predict import predict
from eval.prediction import Request, Sampling, requests_for
from eval.report import ReportConfig, run
from eval.score import ScoreConfig
from eval.score import run as score
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of
from tests.mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES

from .rows import folder_of_cases, reply, snapshot

HOSTILE = reply("<script src='//evil'>alert(1)</script>")


def scored_run(folder: Path, name: str, knowledge: Knowledge, said: str | None, **more: object) -> Path:
    """Predict and score: `said`, or the gold's own label where it is None."""
    cases = {one.id: one for one in folder_of_cases(folder)}

    def answer(request: Request) -> str:
        gold = cases[request.case_id].gold
        condition = knowledge.condition(gold)
        return said if said is not None else reply(knowledge.label(gold), condition.value if condition else "benign")

    path = folder / name / "predictions.jsonl"
    predict(
        requests_for(list(cases.values()), folder), FunctionBackend(answer, name), path, model=name, sampling=Sampling()
    )
    settings = {"splits": (), "resamples": 50, **more}
    source = {"path": str(snapshot(folder, knowledge))}
    config = ScoreConfig(cases=folder / "cases.jsonl", predictions=path, knowledge=source, **settings)  # type: ignore[arg-type]
    score(config, folder / "scores" / name, knowledge)
    return folder / "scores" / name


def config_for(folder: Path, knowledge: Knowledge, runs: list[Path], **more: object) -> ReportConfig:
    source = {"path": str(snapshot(folder, knowledge))}
    return ReportConfig(cases=folder / "cases.jsonl", runs=tuple(runs), knowledge=source, resamples=50, **more)  # type: ignore[arg-type]


class Resources(HTMLParser):
    """Collects everything a browser would fetch, and the scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "poster", "data") and value:
                self.fetched.append(value)


@pytest.fixture
def page(tmp_path: Path, knowledge: Knowledge) -> tuple[str, Path]:
    runs = [
        scored_run(tmp_path, "base", knowledge, "no tags at all"),
        scored_run(tmp_path, "hostile", knowledge, HOSTILE),
        scored_run(tmp_path, "tuned", knowledge, None),
    ]
    (tmp_path / "log.jsonl").write_text(
        '{"step": 1, "loss": 2.0, "epoch": 0.1}\n{"step": 2, "loss": 1.0}\n{"step": 3, "lo'
    )
    curves = {"tuned": tmp_path / "log.jsonl", "absent": tmp_path / "absent.jsonl"}
    pairs = (("tuned", "base"), ("base", "base"))
    run(config_for(tmp_path, knowledge, runs, pairs=pairs, curves=curves), tmp_path / "out")
    return (tmp_path / "out" / "report.html").read_text(encoding="utf-8"), tmp_path / "out"


def test_the_page_fetches_nothing(page: tuple[str, Path]) -> None:
    found = Resources()
    found.feed(page[0])
    assert found.fetched
    assert all(value.startswith(("#", "data:image/png;base64,")) for value in found.fetched)
    assert not re.search(r"https?:|url\((?!#)|@import", page[0])


def test_what_a_model_wrote_is_never_markup(page: tuple[str, Path]) -> None:
    found = Resources()
    found.feed(page[0])
    assert found.scripts == 1
    assert "&lt;script" in page[0]


def test_ids_of_the_figures_do_not_collide(page: tuple[str, Path]) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page[0])
    assert len(ids) == len(set(ids))


def test_verdicts_follow_the_intervals(page: tuple[str, Path]) -> None:
    assert "tuned is better than base: mean reward 2.000 against 0.000" in page[0]
    assert "No difference found between base and base" in page[0]
    assert "base: nearly no reply is in the answer" in page[0]


def test_the_summary_holds_what_the_page_shows(page: tuple[str, Path]) -> None:
    found = json.loads((page[1] / "summary.json").read_text())
    assert {"release", "digest", "spec_digest", "cases", "models", "paired"} <= found.keys()
    assert found["cases"] == {"test": 8, "train": 4}
    tuned = found["models"]["tuned"]
    for metric in ("format_rate", "exact", "h_f1", "reward", "malignancy_sensitivity", "severity", "malformed_rate"):
        assert len(tuned[f"{metric}_ci"]) == 2
    assert tuned["severity"] is None
    assert (tuned["exact"], tuned["reward"], tuned["outcomes"]["exact"], tuned["rows"]) == (1.0, 2.0, 12, 12)
    assert found["models"]["base"]["malformed_by_code"] == {"missing-tag": 1.0}
    assert found["paired"]["tuned-base"]["diff"] == 2.0
    assert found["paired"]["tuned-base"]["mcnemar_exact"]["only_a"] == 12
    assert (page[1] / "metrics.csv").read_text().startswith("run,metric,value,low,high,groups\nbase,reward,0.0,")


def test_runs_of_two_releases_are_refused_unless_told(tmp_path: Path, knowledge: Knowledge) -> None:
    other = load_snapshot(snapshot_of(Knowledge(CONCEPTS, FEATURES, DIFFERENTIALS[:1], CROSSWALK)), release="2")
    runs = [scored_run(tmp_path, "a", knowledge, None), scored_run(tmp_path, "b", other, None)]
    with pytest.raises(ConfigInvalid, match="different release"):
        run(config_for(tmp_path, knowledge, runs), tmp_path / "out")
    run(config_for(tmp_path, knowledge, runs, across_releases=True), tmp_path / "out")


def test_runs_of_two_rewards_are_always_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    runs = [scored_run(tmp_path, "a", knowledge, None), scored_run(tmp_path, "b", knowledge, None, spec="safe")]
    with pytest.raises(ConfigInvalid, match="different reward specification"):
        run(config_for(tmp_path, knowledge, runs, across_releases=True), tmp_path / "out")


def test_runs_on_other_cases_are_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    runs = [scored_run(tmp_path, "a", knowledge, None), scored_run(tmp_path, "b", knowledge, None)]
    scores = runs[1] / "scores.jsonl"
    scores.write_text("".join(scores.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ConfigInvalid, match="not asked about the same cases"):
        run(config_for(tmp_path, knowledge, runs), tmp_path / "out")


def test_an_unfinished_score_run_is_named(tmp_path: Path, knowledge: Knowledge) -> None:
    folder_of_cases(tmp_path)
    with pytest.raises(RecordInvalid, match="no finished score run"):
        run(config_for(tmp_path, knowledge, [tmp_path / "nothing"]), tmp_path / "out")


def test_one_run_alone_makes_a_report(tmp_path: Path, knowledge: Knowledge) -> None:
    run(config_for(tmp_path, knowledge, [scored_run(tmp_path, "a", knowledge, None)], browse=0), tmp_path / "out")
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


def test_a_score_run_leaves_the_digests_in_its_manifest(tmp_path: Path, knowledge: Knowledge) -> None:
    manifest = json.loads((scored_run(tmp_path, "a", knowledge, None) / "manifest.json").read_text())
    assert manifest["digest"] == knowledge.digest
    assert manifest["spec_digest"].startswith("sha256:")
    assert manifest["fingerprint"] == "a"
