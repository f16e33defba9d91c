"""The configuration of the ablation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ...headline import Metric
from ..running import ChainSettings


class Names(BaseModel):
    """Which model of the chain plays which part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = "base"
    sft: str = "sft"
    rl_only: str = "grpo_only"
    sft_rl: str = "sft_grpo"

    @property
    def all(self) -> list[str]:
        return [self.base, self.sft, self.rl_only, self.sft_rl]


class Settings(ChainSettings):
    """The chain has at least the models of `names`. `metric` is what the verdict is about."""

    metric: Metric = "h_f1"
    names: Names = Names()
