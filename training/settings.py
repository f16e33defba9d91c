"""The configuration of the three stages. `[train]` holds TRL's own words: every option of its trainers."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Dialect

from .sizes import TinySize
from .watch.settings import Watch


def _compiles(targets: str) -> str:
    try:
        re.compile(targets)
    except re.error as error:
        raise ValueError(f"no regular expression ({error})") from error
    return targets


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Which rows are trained on.

    `copies` repeats each row; `augment` gives every repetition its own view of the image (flips, quarter turns,
    zoom, colour). `balance` repeats rows until every gold has as many as the most frequent one had.
    """

    cases: str = "cases.jsonl"
    trajectories: str = "trajectories.jsonl"
    split: str = "train"
    limit: int = Field(default=0, ge=0)
    copies: int = Field(default=1, ge=1)
    balance: bool = False
    augment: bool = False


class Captions(Part):
    """What the base stage is told: `findings` as annotated on the image, or `computed` from its pixels.

    `facts` is how often each text-only fact of the release is told; `replies` names a trajectories file whose words
    the tokenizer should know (its rows are not trained on). `freeze` keeps the vision tower, less its merger, as
    `[eyes]` left it. `guesses` is how often each image is answered in the answer's format with a diagnosis drawn at
    random: the model then follows instructions as a pre-trained one does, and knows no more about the image.
    """

    looks: Literal["findings", "computed"] = "findings"
    facts: int = Field(default=1, ge=0)
    replies: str = ""
    freeze: bool = False
    guesses: int = Field(default=0, ge=0)


class Eyes(Part):
    """How the vision tower learns looks before captions. `steps` 0 leaves it out."""

    steps: int = Field(default=0, ge=0)
    batch: int = Field(default=32, ge=1)
    learning_rate: float = 2e-3


class ModelSource(Part):
    """`path` is a checkpoint folder or a hub name; `adapter` a LoRA adapter on it that training continues."""

    path: str = ""
    adapter: str = ""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    max_pixels: int | None = Field(default=None, ge=28 * 28)  # one image token of Qwen2.5-VL


class Lora(Part):
    """`targets`: language, language+merger (the paper), all-linear, or a regular expression over module names."""

    r: int = Field(default=32, ge=1)
    alpha: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Annotated[str, AfterValidator(_compiles)] = "language+merger"


class Reward(Part):
    """`spec` names one of `core.reward.SPECS`; `grounding` above 0 gives its grounding term another weight."""

    spec: str = "paper"
    grounding: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class Questions(Part):
    """How cases are asked: `open`, or as multiple choice by a rule of `core.choice` (`path` is the paper's).

    `count` options; `open_share` of the rows are asked open all the same. `dialect` is `released` only where GRPO goes
    on from the published checkpoint, which was taught other tags.
    """

    ask: Literal["open", "random", "path", "sibling", "ddx"] = "open"
    count: int = Field(default=4, ge=2, le=26)
    open_share: float = Field(default=0.0, ge=0, le=1)
    dialect: Dialect = "skin-r1"


class Curriculum(Part):
    """`order`: rows shuffled, or those with a shallower gold first.

    `levels`: one phase each, of equal length; in a phase deeper golds are lifted to that level, 0 leaves them. It needs
    a reward that credits descendants, or a deeper right answer would be punished. Either is laid over the whole run,
    so `train.max_steps` must say how long that is.
    """

    order: Literal["shuffled", "shallow-first"] = "shuffled"
    levels: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether rows must be trained on in the order in which they are given."""
        return self.order == "shallow-first" or bool(self.levels)


class StageConfig(Part):
    """What all stages share. `threads` 0 leaves torch as it is; the tiny model wants 1.

    `trackers` are followed besides the run's own `metrics.jsonl`; each is a package the user installs. TensorBoard's
    files lie in `tensorboard/` of the run, those of Weights & Biases where its own variables say.
    """

    seed: int = 0
    threads: int = Field(default=0, ge=0)
    knowledge: KnowledgeSource
    data: Data = Data()
    train: dict[str, Any] = {}
    trackers: tuple[Literal["tensorboard", "wandb"], ...] = ()


class BaseConfig(StageConfig):
    """The stage that stands in for a pre-trained VLM: full fine-tuning of a tiny model on looks and facts."""

    tiny: TinySize = TinySize()
    eyes: Eyes = Eyes()
    captions: Captions = Captions()


class SftConfig(StageConfig):
    """Supervised fine-tuning on trajectories. Without `[lora]` all weights are trained."""

    model: ModelSource
    lora: Lora | None = None
    questions: Questions = Questions()

    @property
    def adapted(self) -> bool:
        """Whether an adapter is trained, and not all weights."""
        return self.lora is not None


class GrpoConfig(StageConfig):
    """GRPO on cases. With `model.adapter` that adapter is continued and is also the KL reference.

    `reference`: the SFT policy as a frozen second adapter (`adapter`), or merged into the weights under a fresh one
    (`merged`, which needs `[lora]` and leaves the merged weights, on which the new adapter stands, in `reference/`).
    """

    model: ModelSource
    lora: Lora | None = None
    reference: Literal["adapter", "merged"] = "adapter"
    reward: Reward = Reward()
    questions: Questions = Questions()
    curriculum: Curriculum = Curriculum()
    watch: Watch = Watch()

    @property
    def adapted(self) -> bool:
        """Whether an adapter is trained, and not all weights."""
        return self.lora is not None or bool(self.model.adapter)
