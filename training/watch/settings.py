"""The `[watch]` table of a GRPO configuration: what is measured, how often, and what ends training."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Literal["reward-hacking", "granularity-collapse", "forgetting", "image-blindness"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hacking(Part):
    """The format stays within `slack` of its best while an answer's worth falls by a share `drop` and by `least`."""

    slack: float = Field(default=0.02, ge=0)
    drop: float = Field(default=0.25, gt=0)
    least: float = Field(default=0.1, ge=0)


class Collapse(Part):
    """The mean level falls by a share `drop` and by `least` levels while the reward stays within a share `hold`."""

    drop: float = Field(default=0.15, gt=0)
    least: float = Field(default=0.25, ge=0)
    hold: float = Field(default=0.05, ge=0)


class Forgetting(Part):
    """KL above `kl` nats a token, rationales below a share `words` of their start, or SFT loss up by a share `loss`."""

    kl: float = Field(default=0.5, gt=0)
    words: float = Field(default=0.5, gt=0)
    loss: float = Field(default=0.5, gt=0)


class Blindness(Part):
    """Blank images earn within `margin` of the real ones, in the mean of the last `probes` probes.

    The cases of all probes are the same, so more probes even out what the policy does, not which cases it was shown: to
    stop a long run on this signal, take `cases` of 64 or more.
    """

    margin: float = Field(default=0.05, ge=0)
    probes: int = Field(default=3, ge=1)


class Watch(Part):
    """Probes come after the first step and after every `every` steps; 0 switches them off, not the other signals.

    `cases` of the split (empty: the one that is trained on) are asked with their images and with blank ones, greedily,
    at most `most_tokens` long (0: as in training). `trajectories` names a file of which `replies`, about cases of
    `trajectories_split` (again, empty is the split that is trained on), are the probe set of the SFT loss.

    Trends compare the mean of the last `window` logged rows with the best such mean before; a fall counts beyond
    `sigmas` standard errors. They are many because the best of many means is held against one: over 100 rows of mere
    noise 3 in 100 simulated runs fired with five (15 with four, 66 with three), and all did where the mean fell from
    0.5 to 0.2. With a curriculum the questions get harder on purpose: do not stop on reward-hacking then.

    A signal that fires is logged and told on stderr; those in `stop` end the training, with all it has learned kept.
    """

    every: int = Field(default=25, ge=0)
    cases: int = Field(default=16, ge=0)
    split: str = ""
    most_tokens: int = Field(default=0, ge=0)
    trajectories: str = ""
    trajectories_split: str = ""
    replies: int = Field(default=16, ge=1)
    batch: int = Field(default=16, ge=1)
    window: int = Field(default=5, ge=1)
    sigmas: float = Field(default=5.0, ge=0)
    hacking: Hacking = Hacking()
    collapse: Collapse = Collapse()
    forgetting: Forgetting = Forgetting()
    blindness: Blindness = Blindness()
    stop: tuple[Name, ...] = ()
