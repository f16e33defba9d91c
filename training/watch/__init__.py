"""What goes wrong while a policy learns from rewards: measured, plotted, and stopped where asked.

`signals` are pure functions over logged rows, `probes` ask the policy what its training does not, and `sentry` is the
callback that joins them. Nothing here changes what is learned: a seed gives the same weights with it and without.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the configuration is read before torch is wanted
    from transformers import TrainerCallback

    from kg_service.core.knowledge import Knowledge

    from ..rewards import Reward
    from ..settings import GrpoConfig


def callbacks_for(
    config: GrpoConfig, knowledge: Knowledge, reward: Reward, processor: Any, run_dir: Path
) -> list[TrainerCallback]:
    """Throughput and the watch, to be added before the callbacks that write the logged rows.

    Raises:
        RecordInvalid: there are no cases or trajectories to probe with. Otherwise as the rows of GRPO and SFT.
    """
    from ..callbacks import Throughput
    from .questions import probes_of
    from .sentry import Sentry

    return [Throughput(reward), Sentry(config.watch, probes_of(config, knowledge, reward, processor), run_dir)]
