"""The app factory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..editorial.opening import Opened, open_data
from ..settings import Settings
from ..wire import MeetRequest, ResolveRequest, ScoreRequest
from . import errors
from .reading import Reading
from .routes import concepts, features, health, labels, releases, score

_BODIES = (ResolveRequest, MeetRequest, ScoreRequest)


class SeqHeader:
    """Writes `KG-Seq`, the last change the answer knows of, on every answer, errors included."""

    def __init__(self, app: ASGIApp, holder: FastAPI) -> None:
        self.app = app
        self.holder = holder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"kg-seq", b"%d" % self.holder.state.reading.seq)]
            await send(message)

        await self.app(scope, receive, sending)


def create_app(settings: Settings, opened: Opened | None = None) -> FastAPI:
    """The service.

    Args:
        settings: where its data lies; it is opened when the app starts, not when it is made.
        opened: data already open, which the app then owns: it closes it when it stops.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        data = opened or open_data(settings, now=datetime.now(UTC))
        app.state.database = data.database
        app.state.reading = Reading(data.knowledge, data.release, seq=data.seq, concept_seqs=data.concept_seqs)
        yield
        data.database.close()

    app = FastAPI(
        title="Skin-R1 knowledge",
        summary="The dermatology hierarchy, the DDx graph, resolution and reward of Skin-R1",
        version=_version(),
        lifespan=lifespan,
        responses=errors.RESPONSES,
    )
    errors.install(app)
    app.add_middleware(SeqHeader, holder=app)
    for topic in (health, concepts, labels, features, score, releases):
        app.include_router(topic.router, prefix="/v1")
    app.openapi = lambda: _openapi(app)
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema and the bodies that `json_body` reads, which it cannot see."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        template = "#/components/schemas/{model}"
        _, bodies = models_json_schema([(body, "validation") for body in _BODIES], ref_template=template)
        schema.setdefault("components", {}).setdefault("schemas", {}).update(bodies["$defs"])
        app.openapi_schema = schema
    return app.openapi_schema


def _version() -> str:
    try:
        return metadata.version("skin-r1")
    except metadata.PackageNotFoundError:
        return "0"
