"""The release an experiment rests on that reads no finished chain: the one it is given, else that of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kg_service.client import KnowledgeSource, load
from kg_service.core.errors import KnowledgeUnavailable
from kg_service.core.knowledge import Knowledge

from ..stages import child_environment


def released(source: KnowledgeSource, run_dir: Path) -> Knowledge:
    """The release of `source`; where that names none, the checkout's Turtle compiled once into `run_dir/snapshot.json`.

    Raises:
        KnowledgeUnavailable: the Turtle does not compile.
    """
    if source.path or source.url:
        return load(source)
    path = run_dir / "snapshot.json"
    if not path.is_file():
        command = [sys.executable, "-m", "kg_service", "compile", "--out", str(path)]
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, env=child_environment(os.environ), check=False)
        if done.returncode != 0:
            raise KnowledgeUnavailable(f"the checkout's knowledge does not compile:\n{done.stderr.strip()}")
    return load(source.model_copy(update={"path": str(path)}))
