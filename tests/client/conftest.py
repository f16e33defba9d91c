from __future__ import annotations

from ..api.conftest import url  # noqa: F401  one live service for both rooms
