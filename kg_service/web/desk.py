"""Puts the desk on the API's app."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..api.errors import http_problem, our_problem
from ..core.errors import SkinR1Error
from .assets import read_assets, send_asset
from .landed import Surveys
from .material import Material
from .page import failed
from .pending import Pending
from .proposal import Titles, Weighing
from .screens import SCREENS

_SIGN_ON = "/v1/session/oidc"


def add_desk(app: FastAPI) -> None:
    """Add every page, and what they load.

    Raises:
        ConfigInvalid, RecordInvalid: the cases or trajectories it shall show cannot be read.
    """
    app.state.assets = read_assets()
    app.state.pending = Pending()
    app.state.titles = Titles()
    app.state.weighing = Weighing()
    app.state.surveys = Surveys()
    app.state.material = Material.of(app.state.settings)

    @app.get("/static/{name:path}", include_in_schema=False)
    async def static(name: str, request: Request) -> Response:
        return send_asset(request, app.state.assets, name)

    for screen in SCREENS:
        app.include_router(screen.router)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SkinR1Error, _ours)


async def _http(request: Request, error: Exception) -> Response:
    """What the web server itself refuses: as a page where a person asks, else as a problem."""
    assert isinstance(error, HTTPException)
    if (
        _wants_page(request)
        and error.status_code == 404
        and not request.url.path.startswith(("/v1", "/fhir", "/sparql"))
    ):
        return await failed(request, HTTPException(404, "There is no page at this address."))
    return await http_problem(request, error)


async def _ours(request: Request, error: Exception) -> Response:
    """An error of the API, as a page where a person on the way to sign in meets it."""
    assert isinstance(error, SkinR1Error)
    if _wants_page(request) and request.url.path.startswith(_SIGN_ON):
        return await failed(request, error)
    return await our_problem(request, error)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and request.method == "GET"
