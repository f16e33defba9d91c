"""Where pictures of the screens and measured figures go: a folder that git ignores."""

from __future__ import annotations

import os
from pathlib import Path

from ..live import ROOT

PICTURES = Path(os.environ.get("SKIN_R1_SCREENS", ROOT / "runs" / "screens"))
