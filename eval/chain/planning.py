"""From a chain's configuration to its stages, placeholders filled in."""

from __future__ import annotations

import json
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from kg_service.core.errors import ConfigInvalid
from kg_service.job import file_digest

from ..report.comparison import SUMMARY, summed
from ..score import spec_named
from ..service import Served
from ..stages import Stage
from ..tasks import Question
from .settings import ChainConfig

PREDICT = Path("eval/configs/predict.toml")
_GIVEN = ("seed", "data", "run")


def plan(config: ChainConfig, folder: Path, seed: int, served: Served) -> list[Stage]:
    """The stages of a chain, those of the other rooms first, then one prediction for each model.

    Raises:
        ConfigInvalid: a placeholder names no stage, two stages or models have one name, a config file is missing, or
            the evaluation at the end could not be done.
    """
    names = [stage.name for stage in config.stages]
    if len(set(names)) < len(names):
        raise ConfigInvalid(f"two stages have one name: {', '.join(names)}")
    known = {"seed": str(seed), "data": config.data, "run": str(folder)} | {n: str(folder / n) for n in names}
    _check_evaluation(config, known)
    # A snapshot file named in a room's own configuration would win over the service.
    pinned = ('knowledge.path=""', f'knowledge.release="{served.release}"', f"knowledge.digest={served.digest}")
    volatile = ("--set", f"knowledge.url={served.url}")
    found = []
    for stage in config.stages:
        texts = (*stage.set, *stage.arguments)
        own = {*_GIVEN, stage.name}
        needs = (*stage.needs, *sorted({name for text in texts for name in placeholders(text)} - own))
        door = (*stage.run, *(fill(text, known) for text in stage.arguments))
        manifest = folder / stage.name / "manifest.json"
        if stage.config is None:
            found.append(Stage(stage.name, door, needs, manifest=manifest))
            continue
        sets = _sets((*(fill(text, known) for text in stage.set), *pinned))
        command = (*door, str(stage.config), "--run-dir", str(folder / stage.name), *sets)
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


def _check_evaluation(config: ChainConfig, known: Mapping[str, str]) -> None:
    """What would otherwise be found out after all the training."""
    from ..baselines import BASELINES

    if strange := [name for name in config.baselines if name not in BASELINES]:
        raise ConfigInvalid(f"there is no baseline {strange[0]!r}; there are {', '.join(BASELINES)}")
    evaluated = [*(m.name for m in config.models), *config.baselines, *(p.name for p in config.probes)]
    if twice := [name for name, number in Counter(evaluated).items() if number > 1]:
        raise ConfigInvalid(f"two models, baselines or probes have the name {twice[0]!r}")
    if missing := [name for pair in config.pairs for name in pair if name not in evaluated]:
        raise ConfigInvalid(f"pairs names {missing[0]!r}; there are {', '.join(evaluated)}")
    if config.generation.temperature == 0 and max(q.samples or config.generation.samples for q in config.questions) > 1:
        raise ConfigInvalid("samples is above 1, but at temperature 0 all samples are equal")
    if not summed(config.primary):
        raise ConfigInvalid(f"primary names {config.primary!r}; there are {', '.join(SUMMARY)}")
    spec_named(config.spec)
    for text in (*(probe.checkpoint for probe in config.probes), *(model.curve for model in config.models)):
        fill(text, known)


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
