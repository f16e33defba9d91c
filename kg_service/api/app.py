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
from ..wire import MAX_BODY_BYTES, MeetRequest, ResolveRequest, ScoreRequest
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


def create_app(settings: Settings) -> FastAPI:
    """The service. Its data is opened when the app starts, not when it is made."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_data(settings, now=datetime.now(UTC))
        hold(app, opened)
        yield
        opened.database.close()

    app = FastAPI(
        title="Skin-R1 knowledge",
        summary="The dermatology hierarchy, the DDx graph, resolution and reward of Skin-R1",
        version=_version(),
        lifespan=lifespan,
        max_body_size=MAX_BODY_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        responses=errors.RESPONSES,
    )
    errors.install(app)
    app.add_middleware(SeqHeader, holder=app)
    for topic in (health, concepts, labels, features, score, releases):
        app.include_router(topic.router, prefix="/v1")
    app.openapi = lambda: _openapi(app)
    return app


def hold(app: FastAPI, opened: Opened) -> None:
    """Let the app answer from this release."""
    app.state.database = opened.database
    app.state.reading = Reading(
        opened.knowledge, opened.release, seq=opened.seq, concept_seqs=opened.concept_seqs
    )


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
