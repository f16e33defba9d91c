"""The report stands alone, says what the numbers say, and refuses to compare what does not compare."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from eval.backends import FunctionBackend
from eval.drawing import mark
from eval.predict import predict
from eval.prediction import Look, Request, Sampling, Task
from eval.report import ReportConfig, run
from eval.score import ScoreConfig
from eval.score import run as score
from eval.tasks import Question, requests
from kg_service.client import KnowledgeSource
from kg_service.core.choice import Rule
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of
from kg_service.job import write_jsonl
from tests.mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES

from .rows import folder_of_cases, reply, requests_for, snapshot

HOSTILE = reply("<script src='//evil'>alert(1)</script>")


def scored_run(
    folder: Path, name: str, knowledge: Knowledge, said: str | None, *, patient: str = "", **more: object
) -> Path:
    """Predict and score: `said`, or the gold's own label where it is None."""
    cases = {one.id: replace(one, patient=patient) for one in folder_of_cases(folder)}
    write_jsonl(folder / "cases.jsonl", cases.values())

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


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> tuple[str, Path]:
    """Three models, open answers alone."""
    folder = tmp_path_factory.mktemp("page")
    runs = [
        scored_run(folder, "base", knowledge, "no tags at all"),
        scored_run(folder, "hostile", knowledge, HOSTILE),
        scored_run(folder, "tuned", knowledge, None),
    ]
    (folder / "log.jsonl").write_text(
        '{"step": 1, "loss": 2.0, "epoch": 0.1}\n{"step": 2, "loss": 1.0}\n{"step": 3, "lo'
    )
    curves = {"tuned": folder / "log.jsonl", "absent": folder / "absent.jsonl"}
    pairs = (("tuned", "base"), ("base", "base"))
    run(config_for(folder, knowledge, runs, pairs=pairs, curves=curves), folder / "out")
    return (folder / "out" / "report.html").read_text(encoding="utf-8"), folder / "out"


QUESTIONS = (
    Question(samples=3),
    Question(look=Look.BLANK),
    Question(task=Task.CHOICE, rule=Rule.SIBLING, count=3),
    Question(task=Task.CHOICE, rule=Rule.RANDOM, count=3, abstain=True),
    Question(task=Task.NONE_OF_THE_ABOVE, rule=Rule.RANDOM, count=3),
    Question(task=Task.LEVELS, count=3),
    Question(task=Task.PAIR, rule=Rule.DDX),
    Question(task=Task.PAIR, rule=Rule.DDX, look=Look.NONE),
    Question(task=Task.CONDITION),
)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge) -> tuple[str, Path]:
    """Two models and a probe asked everything, about cases of two skin types; the last model never looks."""
    folder = tmp_path_factory.mktemp("rich")
    types = ("I-II", "V-VI")
    cases = [replace(one, fitzpatrick_group=types[at % 7 < 3]) for at, one in enumerate(folder_of_cases(folder, 64))]
    write_jsonl(folder / "cases.jsonl", cases)
    for one in cases:  # or a blank would be the same picture
        with Image.open(folder / one.image) as file:
            file.putpixel((0, 0), (255, 255, 255))
            file.save(folder / one.image)
    tested = [one for one in cases if one.split == "test"]
    golds = {one.id: one.gold for one in cases}
    asked = requests(tested, knowledge, QUESTIONS, folder, looks=folder / "looks")

    def seeing(request: Request) -> str:
        wrong = request.sample == 1 or request.look is not Look.REAL
        return blind(request) if wrong else reply(knowledge.label(golds[request.case_id]))

    def blind(request: Request) -> str:
        return reply(request.options[0] if request.options else "melanoma", "benign")

    runs = {}
    for name, answer in {"seeing": seeing, "blind": blind, "probe": blind}.items():
        path = folder / name / "predictions.jsonl"
        predict(asked, FunctionBackend(answer, name), path, model=name, sampling=Sampling(temperature=1.0))
        config = ScoreConfig(
            cases=folder / "cases.jsonl",
            predictions=path,
            knowledge=KnowledgeSource(path=str(snapshot(folder, knowledge))),
            train_splits=("train",),
            resamples=20,
        )
        score(config, folder / "scores" / name, knowledge)
        runs[name] = folder / "scores" / name
    more = {"baselines": (runs.pop("probe"),), "probes": ("probe",), "pairs": (("seeing", "blind"),), "browse": 6}
    run(config_for(folder, knowledge, list(runs.values()), **more), folder / "out")
    return (folder / "out" / "report.html").read_text(encoding="utf-8"), folder / "out"


def sections(text: str) -> set[str]:
    return set(re.findall(r'<section id="([a-z-]+)">', text))


@pytest.mark.parametrize("name", ["page", "rich"])
def test_the_page_fetches_nothing_and_runs_nothing(name: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(name)[0]
    found = Resources()
    found.feed(text)
    assert found.fetched
    assert all(value.startswith(("#", "data:image/png;base64,")) for value in found.fetched)
    assert not re.search(r"https?:|url\((?!#)|@import", text)
    assert found.scripts == 0


def test_what_a_model_wrote_is_never_markup(page: tuple[str, Path]) -> None:
    assert "&lt;script" in page[0]
    assert "<script" not in page[0]


@pytest.mark.parametrize("name", ["page", "rich"])
def test_ids_do_not_collide_and_every_link_leads_somewhere(name: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(name)[0]
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<a href="#([^"]+)"', text)) <= set(ids)


def test_only_what_was_measured_has_a_section(page: tuple[str, Path], rich: tuple[str, Path]) -> None:
    always = {"models", "differences", "outcomes", "levels", "confusion", "malignancy", "cases", "data"}
    assert sections(page[0]) == always | {"malformed", "training"}
    assert sections(rich[0]) == always | {"selective", "choice", "pairs", "reliance", "fairness"}


def test_every_table_lies_beside_the_page(rich: tuple[str, Path]) -> None:
    captions = set(re.findall(r"<caption>([^<]+)</caption>", rich[0]))
    files = sorted((rich[1] / "tables").glob("*.csv"))
    assert len(files) == len(captions)
    for path in files:
        widths = {len(row) for row in csv.reader(path.open(encoding="utf-8"))}
        assert len(widths) == 1, path.name


def test_the_tables_hold_the_numbers_of_the_summary(rich: tuple[str, Path]) -> None:
    extras = json.loads((rich[1] / "summary.json").read_text())["models"]["seeing"]["extras"]
    (sibling,) = [one for one in extras["choice"] if one["rule"] == "sibling"]
    text = re.sub(r"<[^>]+>", " ", rich[0])
    for interval in (
        sibling["accuracy"],
        extras["levels"][1]["recall"],
        extras["selective"]["climbing"]["area"],
        extras["calibration"]["error"],
        extras["malignancy"]["auc"],
        extras["pairs"][1]["group_score"],
        extras["fairness"][0]["members"][0]["value"],
    ):
        assert re.search(rf"{interval['value']:.3f}\s+{interval['ci'][0]:.3f} to {interval['ci'][1]:.3f}", text)


def test_a_model_that_does_not_look_is_told_of_first(rich: tuple[str, Path]) -> None:
    top = rich[0][: rich[0].index("<nav")]
    assert "blind is not found to do better with the image than with a blank in its place" in top
    assert "seeing is not found" not in top


def test_a_probe_is_called_one(rich: tuple[str, Path]) -> None:
    assert "probe (encoder probe)" in rich[0]


def test_overlap_is_shown_or_said_not_to_be_known(page: tuple[str, Path], rich: tuple[str, Path]) -> None:
    assert "not computed, because no score run names the splits" in page[0]
    assert re.search(r"(none found between|evaluation cases share something with the) ", rich[0])


def test_an_exact_test_counts_every_case_once(rich: tuple[str, Path]) -> None:
    found = json.loads((rich[1] / "summary.json").read_text())
    test = found["paired"]["seeing-blind"]["mcnemar_exact"]
    assert test["only_a"] == found["cases"]["test"]


def test_models_are_paired_on_every_other_question_too(rich: tuple[str, Path]) -> None:
    paired = json.loads((rich[1] / "summary.json").read_text())["paired"]["seeing-blind"]["metrics"]

    def share(model: str, **wanted: str) -> float:
        rows = map(json.loads, (rich[1].parent / "scores" / model / "scores.jsonl").open())
        right = [row["right"] for row in rows if all(row[key] == value for key, value in wanted.items())]
        return sum(right) / len(right)

    for name, wanted in {
        "right/condition": {"task": "condition"},
        "right/pair/ddx": {"task": "pair", "look": "real"},
        "right/pair/ddx/none": {"task": "pair", "look": "none"},
    }.items():
        assert paired[name]["diff"] == pytest.approx(share("seeing", **wanted) - share("blind", **wanted))
    assert paired["right/pair/ddx"]["verdict"] == "higher"
    assert "right/choice/sibling" in paired
    assert "<caption>Right replies to other questions" in rich[0]


def test_missed_malignant_lesions_come_first(rich: tuple[str, Path]) -> None:
    cards = re.findall(r'<article class="case ([^"]+)">', rich[0])
    assert len(cards) == 6
    missed = ["missed" in kinds.split() for kinds in cards]
    assert missed == sorted(missed, reverse=True)


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


def test_questions_with_options_alone_make_a_report_without_open_answers(tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path)
    asked = requests(cases, knowledge, [Question(task=Task.CHOICE, count=3)], tmp_path, looks=tmp_path)
    path = tmp_path / "m" / "predictions.jsonl"
    answer = FunctionBackend(lambda request: reply((request.options or ("",))[0]), "m")
    predict(asked, answer, path, model="m", sampling=Sampling())
    source = KnowledgeSource(path=str(snapshot(tmp_path, knowledge)))
    config = ScoreConfig(cases=tmp_path / "cases.jsonl", predictions=path, splits=(), resamples=20, knowledge=source)
    score(config, tmp_path / "scores", knowledge)
    run(config_for(tmp_path, knowledge, [tmp_path / "scores"]), tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert sections(text) == {"choice", "data"}
    again = tmp_path / "n" / "predictions.jsonl"
    last = FunctionBackend(lambda request: reply((request.options or ("",))[-1]), "n")
    predict(asked, last, again, model="n", sampling=Sampling())
    score(config.model_copy(update={"predictions": again}), tmp_path / "others", knowledge)
    both = config_for(tmp_path, knowledge, [tmp_path / "scores", tmp_path / "others"], pairs=(("m", "n"),))
    run(both, tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert sections(text) == {"choice", "differences", "data"}
    json.loads((tmp_path / "out" / "summary.json").read_text(), parse_constant=pytest.fail)


def test_the_page_is_the_same_for_the_same_runs(tmp_path: Path, knowledge: Knowledge) -> None:
    scores = [scored_run(tmp_path, "a", knowledge, "melanoma")]
    pages = []
    for name in ("one", "two"):
        run(config_for(tmp_path, knowledge, scores), tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
    assert pages[0] == pages[1]


def test_one_patient_alone_has_values_and_no_intervals(tmp_path: Path, knowledge: Knowledge) -> None:
    runs = [scored_run(tmp_path, name, knowledge, said, patient="p") for name, said in (("a", None), ("b", "unsure"))]
    run(config_for(tmp_path, knowledge, runs, pairs=(("a", "b"),)), tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "a and b cannot be compared in mean reward" in text
    assert not re.search(r"\bnan\b", re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL))


def test_no_two_of_a_dozen_models_are_drawn_alike() -> None:
    looks = [tuple(sorted(mark(place).items())) for place in range(12)]
    assert len(set(looks)) == 12
