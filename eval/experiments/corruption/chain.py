"""The chain of one seed: the template's SFT and RL once for every copy of its trajectories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg_service.core.errors import ConfigInvalid

from ...chain import ChainConfig, ModelConfig, StageConfig, placeholders
from .settings import CLEAN, Copy, Settings, copies

TRAJECTORIES = "trajectories.jsonl"


def chain_of(settings: Settings) -> ChainConfig:
    """The template with SFT, RL and both models once for every copy.

    Raises:
        ConfigInvalid: the template lacks one of the stages.
    """
    template, names = settings.template(), settings.stages
    stages = {stage.name: stage for stage in template.stages}
    if missing := [name for name in (names.generate, names.sft, names.rl) if name not in (*stages, "data")]:
        raise ConfigInvalid(f"{settings.chain} has no stage {', '.join(missing)}; set stages.….")
    dropped = {names.sft, names.rl}
    found = [stage for stage in _needed(stages, (names.sft, names.rl)) if stage.name not in dropped]
    models = []
    for copy in copies(settings):
        rows = names.generate
        if copy.kind != CLEAN or copy.size:
            rows = copy.rows
            found.append(_corrupting(rows, names.generate, copy))
        read = {f"{{{names.generate}}}/{TRAJECTORIES}": f"{{{rows}}}/{TRAJECTORIES}"}
        found.append(_instead(stages[names.sft], copy.sft, read, settings.sft_set))
        read = {f"{{{names.sft}}}": f"{{{copy.sft}}}"}
        found.append(_instead(stages[names.rl], copy.rl, read, settings.rl_set))
        for name, stage in ((copy.sft, "SFT"), (copy.rl, "SFT + RL")):
            label, folder = f"{stage}, {copy.label}", f"{{{name}}}"
            model = ModelConfig(
                name=name, checkpoint=f"{folder}/checkpoint", label=label, curve=f"{folder}/metrics.jsonl"
            )
            models.append(model)
    content = template.model_dump() | {
        "title": f"{template.title}: corrupted rationales",
        "stages": found,
        "models": models,
        "pairs": (),
        "probes": (),
    }
    return ChainConfig.model_validate(content)


def _needed(stages: Mapping[str, StageConfig], names: Sequence[str]) -> list[StageConfig]:
    """Stages and all that they need, in the order of the chain."""
    wanted, todo = set[str](), list(names)
    while todo:
        one = todo.pop()
        if one in stages and one not in wanted:
            wanted.add(one)
            stage = stages[one]
            todo += [*stage.needs, *(p for text in (*stage.set, *stage.arguments) for p in placeholders(text))]
    return [stage for key, stage in stages.items() if key in wanted]


def _instead(stage: StageConfig, name: str, swapped: Mapping[str, str], sets: Sequence[str]) -> StageConfig:
    """The stage under another name, with other files in place of some it reads."""
    texts = list(stage.set)
    for old, new in swapped.items():
        texts = [text.replace(old, new) for text in texts]
    return stage.model_copy(update={"name": name, "set": (*texts, *sets)})


def _corrupting(name: str, source: str, copy: Copy) -> StageConfig:
    kind = "truncated" if copy.kind == CLEAN else copy.kind  # with a rate of 0 no kind does anything
    how = ("--kind", kind, "--rate", str(copy.rate), "--size", str(copy.size), "--seed", "{seed}")
    where = (f"{{{source}}}", "--out", f"{{{name}}}")
    return StageConfig(name=name, run=("synth", "corrupt"), arguments=(*where, *how))
