"""The configuration of the corruption experiment, and the copies it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from pydantic import BaseModel, ConfigDict, Field

from kg_service.core.errors import ConfigInvalid

from ...headline import Metric
from ..running import ChainSettings

CLEAN = "clean"


class Stages(BaseModel):
    """The chain's stages: `sft` and `rl` are repeated for every copy of what `generate` wrote, the others run once.

    `generate` may be "data": then `data` is itself the run directory of `synth generate`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generate: str = "generate"
    sft: str = "sft"
    rl: str = "sft_grpo"


class Settings(ChainSettings):
    """`kinds` are those of `synth corrupt`; `rates` shares above 0; `sizes` rows kept, 0 for all of them.

    `sft_set` and `rl_set` are set in the repeated stages, to make them shorter than the chain's own.
    """

    metric: Metric = "h_f1"
    kinds: tuple[str, ...] = Field(min_length=1)
    rates: tuple[float, ...] = Field(min_length=1)
    sizes: tuple[int, ...] = Field(default=(0,), min_length=1)
    stages: Stages = Stages()
    sft_set: tuple[str, ...] = ()
    rl_set: tuple[str, ...] = ()

    @staticmethod
    def clean(size: int) -> Copy:
        """What the copies of this size are compared with."""
        return Copy(CLEAN, 0.0, size)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the trajectories."""

    kind: str
    rate: float
    size: int

    @property
    def name(self) -> str:
        """As stages are named."""
        size = f"_{self.size}" if self.size else ""
        kind = self.kind.replace("-", "_")
        return f"{kind}{size}" if self.kind == CLEAN else f"{kind}_{round(1000 * self.rate):04}{size}"

    @property
    def rows(self) -> str:
        """The stage that makes the copy."""
        return f"rows_{self.name}"

    @property
    def sft(self) -> str:
        return f"sft_{self.name}"

    @property
    def rl(self) -> str:
        return f"rl_{self.name}"

    @property
    def label(self) -> str:
        size = f", {self.size} rows" if self.size else ""
        return f"{CLEAN}{size}" if self.kind == CLEAN else f"{self.kind} {self.rate:.0%}{size}"


def copies(settings: Settings) -> list[Copy]:
    """The clean copy of every size, then the corrupted ones."""
    if not all(0 < rate <= 1 for rate in settings.rates):
        raise ConfigInvalid("rates must lie in (0, 1]; the clean copy is always among them")
    clean = [settings.clean(size) for size in settings.sizes]
    return clean + [Copy(*cell) for cell in product(settings.kinds, settings.rates, settings.sizes)]
