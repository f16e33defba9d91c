"""S1: the tree and the concept."""

from __future__ import annotations

from starlette.responses import Response

from ..page import pages, render
from ..scene import SceneNow

router = pages()


@router.get("/")
def top(scene: SceneNow) -> Response:
    """The hierarchy, nothing chosen."""
    tops = sorted((id_ for id_, each in scene.know.concepts.items() if not each.parents), key=scene.know.label)
    return render(scene, "browse.html", tops=tops)
