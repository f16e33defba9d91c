"""`python -m training doctor`: looks at all that a stage needs before GPU time is spent on finding out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kg_service.core.errors import ConfigInvalid
from kg_service.job import load_config

if TYPE_CHECKING:
    from .finding import Finding

WIDTH = 116


def run(verb: str, path: Path, overrides: Iterable[str], as_json: bool) -> int:
    """Print the findings to stdout, as a table or as JSON.

    Returns:
        0 where the stage can be started, 1 where a finding would stop or spoil it.

    Raises:
        ConfigInvalid: the configuration itself cannot be read.
    """
    from ..doors import CONFIGS
    from ..settings import GrpoConfig, SftConfig

    config = load_config(CONFIGS[verb], path, overrides)
    if not isinstance(config, SftConfig | GrpoConfig):
        raise ConfigInvalid(f"the doctor knows the stages sft and grpo, not {verb}")
    from .examine import examine

    found = list(examine(verb, path, config))
    print(
        json.dumps({"fine": fine(found), "findings": [asdict(one) for one in found]}, indent=2)
        if as_json
        else table(found)
    )
    return 0 if fine(found) else 1


def fine(found: Sequence[Finding]) -> bool:
    """Whether nothing would stop or spoil the stage."""
    return all(one.state != "fail" for one in found)


def table(found: Sequence[Finding]) -> str:
    """One line a finding, long ones folded."""
    wide = max(len(one.what) for one in found) + 2
    lines = [
        textwrap.fill(
            one.says,
            WIDTH,
            initial_indent=one.state.ljust(6) + one.what.ljust(wide),
            subsequent_indent=" " * (6 + wide),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for one in found
    ]
    count = {state: sum(one.state == state for one in found) for state in ("ok", "warn", "fail")}
    verdict = "ready" if fine(found) else "not ready"
    lines.append(f"\n{verdict}: {count['ok']} ok, {count['warn']} to know, {count['fail']} to mend")
    return "\n".join(lines)
