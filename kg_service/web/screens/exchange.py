"""S10: files out, and edited files back in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from ...api.exchanging import exported
from ...api.uploads import upload_form
from ...core.errors import RequestInvalid
from ...editorial import repository
from ...wire.imports import MAX_IMPORT_BYTES, ExportFormat
from ..bringing import brought
from ..forms import field
from ..page import is_htmx, pages, render
from ..proposing import base_of, propose
from ..scene import EditorScene, Scene, SceneNow

if TYPE_CHECKING:
    from ...exchange.reading import Upload

router = pages()

# What an export is for, in words; the names are those of `ExportFormat`.
FORMATS: tuple[tuple[ExportFormat, str], ...] = (
    ("xlsx", "Excel workbook: everything, and it can be edited and brought back"),
    ("csv", "Table (CSV): diseases and groups, and it can be edited and brought back"),
    ("turtle", "Turtle: everything, for tools of linked data, and it can be brought back"),
    ("json-ld", "JSON-LD: for tools of linked data"),
    ("obo", "OBO: for ontology editors"),
    ("graphml", "GraphML: for programs that draw networks"),
    ("node-link", "Node-link JSON: for programs"),
    ("published", "The project's published JSON"),
)


@router.get("/import")
def files(scene: SceneNow) -> Response:
    """Download the knowledge or a branch of it; bring an edited file back."""
    return _page(scene)


@router.get("/import/download")
def download(
    scene: SceneNow, format: ExportFormat = "xlsx", branch: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """The state that is asked for, or a branch of it, as a file."""
    file = exported(scene.reading, format, branch)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "private, no-cache"}
    return Response(file.payload, headers=headers, media_type=file.media_type)


@router.post("/import")
async def bring(scene: EditorScene, request: Request) -> Response:
    """Say what a file would change, or propose it. Its browser sends it both times, so nothing is kept here."""
    form, file = await upload_form(request, MAX_IMPORT_BYTES)
    # As in the API: a file made to be slow takes a core for a minute, so one at a time.
    async with request.app.state.importing:
        return await run_in_threadpool(_brought, scene, form, file)


def _brought(scene: Scene, form: FormData, file: Upload) -> Response:
    found = brought(scene, form, file)
    told = {"found": found, "note": "", "message": field(form, "message")}
    if field(form, "act") == "propose":
        if found.seen == field(form, "seen"):
            if found.plan.findings and field(form, "partial") != "yes":
                raise RequestInvalid(
                    "some rows would be left out: tick that you propose the rest without them, or mend the file"
                )
            return propose(scene, found.plan.changes, message=field(form, "message"), base=base_of(form))
        told["note"] = "The file, or what stands, is no longer what you were shown. This is what it would do now."
    if is_htmx(scene.request):
        return render(scene, "_import_plan.html", **told)
    return _page(scene, **told)


def _page(scene: Scene, **told: object) -> Response:
    with scene.database.reading() as session:
        releases = [row.id for row in repository.releases(session)]
    return render(scene, "import.html", formats=FORMATS, releases=releases, **{"found": None, **told})
