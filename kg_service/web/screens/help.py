"""S12: help on one page, and the documentation of the interface for programs."""

from __future__ import annotations

from starlette.responses import Response

from ...core.concept import Condition
from ...editorial.accounts.management import list_accounts
from ..page import pages, render
from ..scene import Scene, SceneNow
from ..standing import ROLE_WORDS

router = pages()

_CONDITIONS = (Condition.MALIGNANT, Condition.PRECANCEROUS, Condition.BENIGN, Condition.NON_NEOPLASTIC)


@router.get("/help")
def guide(scene: SceneNow) -> Response:
    """What the desk is, in one page that can be printed."""
    return render(scene, "help.html", conditions=_CONDITIONS, roles=ROLE_WORDS, admins=_admins(scene))


@router.get("/docs")
def interface(scene: SceneNow) -> Response:
    """Every operation of the API, to read and to try."""
    return render(scene, "docs.html")


def _admins(scene: Scene) -> list[str]:
    """Who gives accounts, for those who have one."""
    if scene.signed is None:
        return []
    return [row.name for row in list_accounts(scene.database) if row.role == "admin" and not row.disabled]
