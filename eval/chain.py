"""The chain: knowledge service, synthesis, training and evaluation in one command, each by its own door.

A chain's configuration names the configuration files of the other rooms and what to change in them. In `set`, in
`cases` and in a model's `checkpoint`, `{stage}` stands for that stage's run directory (and makes it a prerequisite),
`{seed}`, `{data}` and `{run}` for the seed, the data folder and the chain's run directory.
"""

from __future__ import annotations

import fcntl
import json
import string
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from kg_service.client import KnowledgeSource, load
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import file_digest, write_json

from .overlap import overlap
from .predict import Generation, predict, select_cases
from .prediction import Sampling
from .service import Served, serving
from .stages import Pool, Stage, StageFailed, say
from .tasks import Question, requests

if TYPE_CHECKING:
    from .backends import FunctionBackend

PREDICT = Path("eval/configs/predict.toml")
_GIVEN = ("seed", "data", "run")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageConfig(Part):
    """One door: `run` = ("synth", "cases"), the room's own `config` file, and what to `set` in it.

    A door without a configuration file gets `arguments` instead, and no release: it takes that of what it reads.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    run: tuple[str, str]
    config: Path | None = None
    set: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


class ModelConfig(Part):
    """One model to evaluate. `label` is what reports call it; `curve` the training log shown for it."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    checkpoint: str
    label: str = ""
    curve: str = ""


class ProbeConfig(Part):
    """A linear probe on the frozen vision tower of a checkpoint, shown among the baselines."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    checkpoint: str
    max_pixels: int | None = None


class ChainConfig(Part):
    """`python -m eval chain`. `data` is a folder of real images, for chains that use one.

    `train_splits` train the baselines and the probes, and what they share with `splits` is written to `overlap.json`.
    """

    title: str
    data: str = ""
    workers: int = Field(default=2, ge=1)
    cases: str = "{cases}/cases.jsonl"
    train_splits: tuple[str, ...] = ("train",)
    splits: tuple[str, ...] = ("test",)
    limit: int = Field(default=0, ge=0)
    spec: str = "paper"
    primary: str = "reward"
    resamples: int = 2000
    browse: int = 36
    baselines: tuple[str, ...] = ("majority", "chance")
    probes: tuple[ProbeConfig, ...] = ()
    questions: tuple[Question, ...] = Field(default=(Question(),), min_length=1)
    pairs: tuple[tuple[str, str], ...] = ()
    generation: Generation = Generation()
    stages: tuple[StageConfig, ...]
    models: tuple[ModelConfig, ...] = Field(min_length=1)


def plan(config: ChainConfig, folder: Path, seed: int, served: Served) -> list[Stage]:
    """The stages of a chain, those of the other rooms first, then one prediction for each model.

    Raises:
        ConfigInvalid: a placeholder names no stage, two stages have one name, or a config file is missing.
    """
    names = [stage.name for stage in config.stages]
    if len(set(names)) < len(names):
        raise ConfigInvalid(f"two stages have one name: {', '.join(names)}")
    known = {"seed": str(seed), "data": config.data, "run": str(folder)} | {n: str(folder / n) for n in names}
    # A snapshot file named in a room's own configuration would win over the service.
    pinned = ('knowledge.path=""', f'knowledge.release="{served.release}"', f"knowledge.digest={served.digest}")
    volatile = ("--set", f"knowledge.url={served.url}")
    found = []
    for stage in config.stages:
        texts = (*stage.set, *stage.arguments)
        needs = (*stage.needs, *sorted({name for text in texts for name in placeholders(text)} - set(_GIVEN)))
        door = (*stage.run, *(fill(text, known) for text in stage.arguments))
        where = ("--run-dir", str(folder / stage.name))
        manifest = folder / stage.name / "manifest.json"
        if stage.config is None:
            found.append(Stage(stage.name, (*door, *where), needs, manifest=manifest))
            continue
        sets = _sets((*(fill(text, known) for text in stage.set), *pinned))
        command = (*door, str(stage.config), *where, *sets)
        found.append(Stage(stage.name, command, needs, volatile, _digest(stage.config), manifest))
    generation = config.generation
    asking = () if config.questions == (Question(),) else (f"seed={seed}", f"questions={_toml(config.questions)}")
    for model in config.models:
        wanted = sorted({*placeholders(model.checkpoint), *placeholders(config.cases)} - set(_GIVEN))
        sets = (
            f"name={model.name}",
            f"cases={fill(config.cases, known)}",
            f"splits=[{', '.join(repr(split) for split in config.splits)}]",
            f"limit={config.limit}",
            f"model.path={fill(model.checkpoint, known)}",
            *(f"generation.{key}={value}" for key, value in generation.model_dump().items()),
            *asking,
            *pinned,
        )
        run_dir = folder / "predictions" / model.name
        command = ("eval", "predict", str(PREDICT), "--run-dir", str(run_dir), *_sets(sets))
        manifest = run_dir / "manifest.json"
        found.append(Stage(f"predict_{model.name}", command, tuple(wanted), volatile, _digest(PREDICT), manifest))
    return found


def placeholders(text: str) -> list[str]:
    """The names in braces."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ConfigInvalid(f"{text!r}: {error}; braces are for placeholders") from error


def fill(text: str, known: Mapping[str, str]) -> str:
    """
    Raises:
        ConfigInvalid: a placeholder is unknown, or `{data}` is used and not given.
    """
    for name in placeholders(text):
        if name not in known:
            raise ConfigInvalid(f"{text!r} names {{{name}}}; there are {', '.join(sorted(known))}")
        if name == "data" and not known["data"]:
            raise ConfigInvalid("this chain needs a folder of images: --set data=FOLDER (see the README for which)")
    return text.format_map(known)


def run_chain(config: ChainConfig, folder: Path, *, seed: int, dry_run: bool = False) -> int:
    """Run a chain, or what is left of it. Returns the exit code.

    Raises:
        ConfigInvalid, KnowledgeUnavailable: before anything has been computed.
    """
    if dry_run:
        for stage in plan(config, folder, seed, Served("http://127.0.0.1:PORT", "RELEASE", "DIGEST")):
            print("python -m", *stage.command, *stage.volatile)
        return 0
    started = time.monotonic()
    plan(config, folder, seed, Served("", "", ""))  # configuration errors before the service is started
    with _alone(folder), serving(folder) as served:
        say(f"── service: {served.url}, release {served.release} {served.digest[:19]}…")
        write_json(folder / "chain" / "service.json", {"release": served.release, "digest": served.digest})
        pool = Pool(folder, workers=config.workers)
        try:
            pool.run(plan(config, folder, seed, served))
        except StageFailed as error:
            say(f"\n{error}\n\nMend the cause and start the same command again; finished stages are not repeated.")
            return error.code if error.code in (2, 3) else 1
        say("── evaluation")
        before = time.monotonic()
        knowledge = load(KnowledgeSource(url=served.url, release=served.release, digest=served.digest))
        content = evaluate(config, folder, knowledge, KnowledgeSource(url=served.url, digest=served.digest), seed=seed)
        seconds = {**pool.seconds, "evaluate": round(time.monotonic() - before, 2)}
        content["seconds"] = {**seconds, "this_start": round(time.monotonic() - started, 2)}
        write_json(folder / "summary.json", content)
    say(table(content))
    say(f"\nreport: {folder / 'report.html'}   all stages: {sum(seconds.values()):.0f} s of work")
    print(folder / "summary.json")
    return 0


def evaluate(
    config: ChainConfig, folder: Path, knowledge: Knowledge, source: KnowledgeSource, *, seed: int = 0
) -> dict[str, Any]:
    """Baselines, probes, scores, overlap and the report, in this process. Returns the summary."""
    from .report import ReportConfig
    from .report import run as report
    from .score import ScoreConfig
    from .score import run as score

    known = {"data": config.data, "run": str(folder)} | {s.name: str(folder / s.name) for s in config.stages}
    cases = Path(fill(config.cases, known))
    tested, trained = select_cases(cases, config.splits, config.limit), select_cases(cases, config.train_splits)
    write_json(folder / "overlap.json", overlap((trained, cases.parent), (tested, cases.parent)).as_json())
    looks = folder / "predictions" / "looks"
    samples = config.generation.samples
    asked = requests(tested, knowledge, config.questions, cases.parent, looks=looks, seed=seed, samples=samples)
    others = _baselines(config, trained, cases.parent, knowledge, known)
    for name, open_ in others.items():
        path = folder / "predictions" / name / "predictions.jsonl"
        predict(asked, open_(), path, model=name, sampling=Sampling())
    for name in (*(model.name for model in config.models), *others):
        settings = ScoreConfig(
            cases=cases,
            predictions=folder / "predictions" / name / "predictions.jsonl",
            splits=config.splits,
            limit=config.limit,
            spec=config.spec,
            resamples=config.resamples,
            knowledge=source,
        )
        score(settings, folder / "scores" / name, knowledge)
    return report(
        ReportConfig(
            title=config.title,
            cases=cases,
            runs=tuple(folder / "scores" / model.name for model in config.models),
            baselines=tuple(folder / "scores" / name for name in others),
            pairs=config.pairs,
            labels={model.name: model.label for model in config.models if model.label},
            curves={model.name: Path(fill(model.curve, known)) for model in config.models if model.curve},
            primary=config.primary,
            browse=config.browse,
            resamples=config.resamples,
            knowledge=source,
        ),
        folder,
        knowledge,
    )


def _baselines(
    config: ChainConfig, trained: Sequence[Case], folder: Path, knowledge: Knowledge, known: Mapping[str, str]
) -> dict[str, Callable[[], FunctionBackend]]:
    """What is to be fitted, by name.

    Raises:
        ConfigInvalid: there is no such baseline.
    """
    from .baselines import BASELINES

    found: dict[str, Callable[[], FunctionBackend]] = {}
    for name in config.baselines:
        if name not in BASELINES:
            raise ConfigInvalid(f"there is no baseline {name!r}; there are {', '.join(BASELINES)}")
        found[name] = partial(BASELINES[name], trained, folder, knowledge)
    for one in config.probes:
        from .baselines.probe import probe

        checkpoint = Path(fill(one.checkpoint, known))
        found[one.name] = partial(probe, trained, folder, knowledge, checkpoint, max_pixels=one.max_pixels)
    return found


_COLUMNS = {
    "reward": "reward",
    "format_rate": "format",
    "exact": "exact",
    "h_f1": "hF",
    "balanced_accuracy": "bal.acc",
    "malignancy_sensitivity": "mal.sens",
    "malignancy_specificity": "mal.spec",
    "severity": "severity",
}


def table(content: Mapping[str, Any]) -> str:
    """The last words of a chain: the models' metrics and the paired differences, for a terminal."""
    rows = {**content["models"], **content.get("baselines", {})}
    width = max(len(name) for name in (*rows, *content["paired"])) + 2
    lines = ["", " " * width + "".join(f"{heading:>10}" for heading in _COLUMNS.values())]
    for name, row in rows.items():
        shown = ("–" if row[metric] is None else f"{row[metric]:.3f}" for metric in _COLUMNS)
        lines.append(f"{name:<{width}}" + "".join(f"{text:>10}" for text in shown))
    lines.append("")
    for name, pair in content["paired"].items():
        low, high = pair["ci"]
        lines.append(
            f"{name:<{width}}{pair['metric']} {pair['diff']:+.3f}  [{low:+.3f}, {high:+.3f}]  {pair['verdict']}"
        )
    return "\n".join(lines)


def _toml(questions: Sequence[Question]) -> str:
    """The questions as one line of TOML, each with what differs from the default."""
    tables = []
    for question in questions:
        told = question.model_dump(mode="json", exclude_defaults=True)
        tables.append("{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in told.items()) + "}")
    return f"[{', '.join(tables)}]"


def _sets(sets: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for text in sets for part in ("--set", text))


def _digest(path: Path) -> str:
    if not path.is_file():
        raise ConfigInvalid(f"{path} does not exist; start the chain from the folder of the checkout")
    return file_digest(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the run directory: two chains in one would write into each other's files.

    Raises:
        ConfigInvalid: another chain is at work in it.
    """
    path = folder / "chain" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigInvalid(f"another chain is at work in {folder}; wait for it or choose another folder") from None
        yield
