"""The app factory."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import metadata

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import SkinR1Error
from ..editorial.accounts.provider import provider_of
from ..editorial.opening import Opened, open_data
from ..settings import Settings
from . import errors
from .access import may_read
from .dependencies import KNOWN
from .metrics import Metrics
from .observing import Observing
from .openapi import document, operation_id
from .routes import (
    accounts,
    changes,
    concepts,
    datasets,
    differentials,
    draft,
    exchange,
    features,
    fhir,
    health,
    impact,
    iris,
    labels,
    operation,
    proposals,
    releases,
    score,
    session,
    sign_on,
    sparql,
    unmapped,
)
from .security import Security
from .views import Views

# A password takes 64 MiB and a core for a tenth of a second: many at once must not take the machine.
_PASSWORDS_AT_ONCE = 4
# Anybody can begin to sign in at an identity provider; one that is slow must not hold the threads of all others.
_SIGN_ONS_AT_ONCE = 4
# How long a worker may not know of what another one published, where no request says what it must know.
_LOOK_SECONDS = 0.2
_log = logging.getLogger("kg_service.api")


class SeqHeader:
    """Writes `KG-Seq`, the last change the worker knows of, on every answer, errors included.

    A read says what was known before it looked: an author who sends it back as a proposal's `base` must never claim to
    have seen an edit that came while the answer was made.
    """

    def __init__(self, app: ASGIApp, holder: FastAPI) -> None:
        self.app = app
        self.holder = holder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        views, state = self.holder.state.views, scope.setdefault("state", {})
        state[KNOWN] = views.seq

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seq = state[KNOWN] if scope["method"] in ("GET", "HEAD") else views.seq
                message["headers"] = [*message["headers"], (b"kg-seq", b"%d" % seq)]
            await send(message)

        await self.app(scope, receive, sending)


async def _keep_up(views: Views) -> None:
    """Notice, for as long as the service runs, what other workers have published."""
    told = False
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        try:
            await run_in_threadpool(views.refresh)
            told = False
        except SkinR1Error as error:  # what is in memory can be read without a database
            if not told:
                _log.warning("new releases cannot be looked for: %s", error)
            told = True


def create_api(settings: Settings, opened: Opened | None = None) -> FastAPI:
    """The API.

    Args:
        settings: where its data lies; it is opened when the app starts, not when it is made.
        opened: data already open, which the app then owns: it closes it when it stops.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        data = opened or open_data(settings, now=datetime.now(UTC))
        app.state.database = data.database
        app.state.views = views = Views(data)
        # The knowledge stays for good; walking it again and again costs more than what the collector finds there.
        gc.freeze()
        looking = asyncio.create_task(_keep_up(views))
        yield
        looking.cancel()
        data.database.close()

    app = FastAPI(
        title="Skin-R1 knowledge",
        summary="The dermatology hierarchy, the DDx graph, resolution and reward of Skin-R1",
        version=_version(),
        lifespan=lifespan,
        # FastAPI's pages load their scripts from elsewhere, which no page of ours may; the desk's does not.
        docs_url=None,
        redoc_url=None,
        responses=errors.RESPONSES,
        generate_unique_id_function=operation_id,
    )
    app.state.settings = settings
    app.state.provider = provider_of(settings)
    app.state.passwords = CapacityLimiter(_PASSWORDS_AT_ONCE)
    app.state.importing = CapacityLimiter(1)
    app.state.sign_ons = CapacityLimiter(_SIGN_ONS_AT_ONCE)
    errors.install(app)
    # Innermost, so that the answer to a defect of ours gets the headers of every answer.
    app.add_middleware(ServerErrorMiddleware, handler=errors.unexpected)
    app.add_middleware(Security)
    app.add_middleware(SeqHeader, holder=app)
    app.state.metrics = Metrics()
    app.add_middleware(Observing, metrics=app.state.metrics)
    readers = [] if settings.anonymous_reads else [Depends(may_read)]
    # Addresses are tried in this order, so what is asked most comes first.
    for topic in (concepts, score, labels, features, differentials, releases):
        app.include_router(topic.router, prefix="/v1", dependencies=readers)
    for topic in (health, draft, proposals, changes, impact, exchange, unmapped, datasets, session, sign_on, accounts):
        app.include_router(topic.router, prefix="/v1")
    app.include_router(operation.router)
    for face in (fhir, sparql, iris):
        app.include_router(face.router, dependencies=readers)
    app.openapi = lambda: document(app)
    return app


def _version() -> str:
    try:
        return metadata.version("skin-r1")
    except metadata.PackageNotFoundError:
        return "0"
