"""What a page is made of: who looks, and which state of the knowledge they look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import BackgroundTasks, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from ..api.access import note
from ..api.cookies import session_cookie
from ..api.dependencies import ClockNow, DatabaseNow, ViewsNow
from ..api.reading import Reading
from ..api.views import Views
from ..core.errors import SkinR1Error, Unauthenticated
from ..core.knowledge import Knowledge
from ..core.naming import Naming
from ..editorial.accounts.rights import Signed
from ..editorial.accounts.sessions import signed_by_session
from ..editorial.actor import Actor, Role
from ..editorial.database import Database
from ..editorial.desk import Desk
from ..editorial.publishing import DRAFT
from ..editorial.repository import LATEST


@dataclass(frozen=True)
class Scene:
    """Who looks at what, when.

    Args:
        signed: who is signed in; None for a passer-by.
        reading: the state of the knowledge that the page shows.
        pinned: the state's name where the address asks for one (`?release=`); links on the page keep it.
    """

    request: Request
    views: Views
    signed: Signed | None
    reading: Reading
    pinned: str
    now: datetime

    @property
    def actor(self) -> Actor | None:
        return self.signed.actor if self.signed else None

    @property
    def know(self) -> Knowledge:
        return self.reading.knowledge

    @property
    def desk(self) -> Desk:
        return self.views.desk

    @property
    def database(self) -> Database:
        return self.views.database

    @property
    def is_draft(self) -> bool:
        """Whether the page shows the draft, which is what edits are made to."""
        return self.reading.release.id == DRAFT

    @cached_property
    def naming(self) -> Naming:
        """How sentences name things: as this state has them, else as the draft or the newest release does."""
        return Naming.by_labels(self.know, self.views.newest.knowledge)

    def may(self, role: Role) -> bool:
        """Whether somebody is signed in who has this role."""
        return self.actor is not None and self.actor.may(role)

    def url(self, path: str, **query: object) -> str:
        """An address within the desk that keeps the state that is looked at. Empty values are left out."""
        given = {key: str(value) for key, value in query.items() if value not in (None, "")}
        if self.pinned:
            given.setdefault("release", self.pinned)
        return path + (f"?{urlencode(given)}" if given else "")

    def concept_url(self, id_: str, **query: object) -> str:
        return self.url(f"/n/{quote(id_, safe='')}", **query)

    def feature_url(self, id_: str) -> str:
        return self.url(f"/f/{quote(id_, safe='')}")

    def pair_url(self, a: str, b: str) -> str:
        """Where two concepts are compared."""
        return self.url(pair_path(a, b))


def pair_path(a: str, b: str) -> str:
    """The address at which two concepts are compared, whatever the state."""
    return f"/compare/{quote(a, safe='')}/{quote(b, safe='')}"


async def _session(request: Request, database: Database, now: datetime) -> Signed | None:
    cookie = session_cookie(request)
    return await run_in_threadpool(signed_by_session, database, cookie, now=now) if cookie else None


async def _signed(request: Request, database: DatabaseNow, now: ClockNow, later: BackgroundTasks) -> Signed | None:
    signed = await _session(request, database, now)
    if signed is not None:
        request.state.actor = signed.actor
        if signed.unnoted:
            later.add_task(note, database, signed, now)
    return signed


SignedNow = Annotated[Signed | None, Depends(_signed)]


async def _scene(
    request: Request,
    views: ViewsNow,
    now: ClockNow,
    signed: SignedNow,
    release: Annotated[str, Query(max_length=100)] = "",
) -> Scene:
    if signed is None and not request.app.state.settings.anonymous_reads:
        raise Unauthenticated("sign in to read")
    # Editors work on the draft; what a passer-by sees is published.
    wanted = release or (DRAFT if signed else LATEST)
    if wanted == LATEST:
        await run_in_threadpool(views.refresh)
        reading = views.newest
    else:
        reading = await run_in_threadpool(views.at, wanted)
    scene = Scene(request, views, signed, reading, release, now)
    request.state.scene = scene
    return scene


SceneNow = Annotated[Scene, Depends(_scene)]


def _needs(role: Role) -> Callable[[Scene], Awaitable[Scene]]:
    async def scene(scene: SceneNow) -> Scene:
        if scene.signed is None:
            raise Unauthenticated("sign in first")
        scene.signed.need(role, None)
        return scene

    return scene


ReaderScene = Annotated[Scene, Depends(_needs("reader"))]
EditorScene = Annotated[Scene, Depends(_needs("editor"))]
ReviewerScene = Annotated[Scene, Depends(_needs("reviewer"))]
AdminScene = Annotated[Scene, Depends(_needs("admin"))]


async def empty_scene(request: Request) -> Scene:
    """A scene for pages that answer when nothing else can, or that lead to signing in: the newest release, whoever
    asks."""
    if (scene := getattr(request.state, "scene", None)) is not None:
        return scene
    views: Views = request.app.state.views
    now = datetime.now(UTC)
    try:
        signed = await _session(request, views.database, now)
    except SkinR1Error:
        signed = None
    return Scene(request, views, signed, views.newest, "", now)


AnyScene = Annotated[Scene, Depends(empty_scene)]
