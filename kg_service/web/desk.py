"""Puts the desk on the API's app."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..api.errors import http_problem
from .assets import read_assets, send_asset
from .page import failed
from .pending import Pending
from .screens import SCREENS


def add_desk(app: FastAPI) -> None:
    """Add every page, and what they load."""
    app.state.assets = read_assets()
    app.state.pending = Pending()

    @app.get("/static/{name:path}", include_in_schema=False)
    async def static(name: str, request: Request) -> Response:
        return send_asset(request, app.state.assets, name)

    for screen in SCREENS:
        app.include_router(screen.router)
    app.add_exception_handler(HTTPException, _http)


async def _http(request: Request, error: Exception) -> Response:
    """What the web server itself refuses: as a page where a person asks, else as a problem."""
    assert isinstance(error, HTTPException)
    wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if wants_page and error.status_code == 404 and not request.url.path.startswith(("/v1", "/fhir", "/sparql")):
        return await failed(request, HTTPException(404, "There is no page at this address."))
    return await http_problem(request, error)
