"""Experiments whose seeds are chains (`eval.chain`): what their presets share, and how the chains are run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from kg_service.core.errors import ConfigInvalid
from kg_service.job import file_digest, load_config

from ..chain import ChainConfig, plan, run_chain
from ..service import Served
from .chains import Finished
from .experiment import each_seed, identity


class ChainSettings(BaseModel):
    """`chain` is the TOML file of `eval chain`; `overrides` are set in it, as by `--set`.

    `workers` is how many stages run at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chain: Path
    overrides: tuple[str, ...] = ()
    data: str = ""
    workers: int = Field(default=2, ge=1)
    resamples: int = Field(default=2000, ge=1)

    def template(self) -> ChainConfig:
        """The chain of the file with the overrides.

        Raises:
            ConfigInvalid: it cannot be read, or does not hold.
        """
        data = (f"data={self.data}",) if self.data else ()
        return load_config(ChainConfig, self.chain, (*self.overrides, *data, f"workers={self.workers}"))


def check_models(chain: ChainConfig, wanted: Sequence[str]) -> None:
    """
    Raises:
        ConfigInvalid: the chain lacks one of these models.
    """
    there = [model.name for model in chain.models]
    if missing := [name for name in wanted if name not in there]:
        raise ConfigInvalid(f"the chain has no model {', '.join(missing)}; there are {', '.join(there)}. Set names.….")


def run_chains(chain: ChainConfig, run_dir: Path, seeds: Sequence[int]) -> list[Finished]:
    """One chain a seed, those that are not finished.

    Raises:
        Stopped: a stage failed and said why.
        ConfigInvalid: a seed was finished by another chain. How the results are compared may change freely.
    """
    # How many stages run at once changes no number.
    alike = chain.model_copy(update={"workers": 1})
    mark = identity(alike, *(file_digest(stage.config) for stage in chain.stages if stage.config))
    folders = each_seed(run_dir, seeds, mark, lambda seed, folder: run_chain(chain, folder, seed=seed))
    return [Finished(folder) for _, folder in folders]


def stage_commands(chain: ChainConfig, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    """What a dry run shows of chains: every stage, in order."""
    served = Served("http://127.0.0.1:PORT", "RELEASE", "DIGEST")
    found = []
    for seed in seeds:
        stages = plan(chain, run_dir / f"seed-{seed}", seed, served)
        found += [f"# seed {seed}", *(f"python -m {shlex.join([*s.command, *s.volatile])}" for s in stages)]
    return found
