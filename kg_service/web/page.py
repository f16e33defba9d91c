"""How pages are answered: rendered from templates, errors as pages or alerts, where a form leads."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ..api.cookies import is_https
from ..api.errors import STATUS
from ..core.errors import SkinR1Error, Unauthenticated
from .scene import Scene, empty_scene
from .templating import ENVIRONMENT
from .wording import problem

# Where htmx puts an alert, whatever the element that asked says of its own answer.
_TO_THE_TOP = {"HX-Retarget": "#said", "HX-Reswap": "innerHTML", "HX-Reselect": "[role=alert]"}
_SAID = "skin-r1-said"  # a cookie: what the next page says of what was just done
_MOST_SAID = 300  # browsers drop cookies of more than 4 KiB
_ADDRESS = ":/%#?=@[]!$&'()*+,;"  # what an address holds as it is, here as in `RedirectResponse`
_MIN_COMPRESSED = 1_000
_DEFECT = "The service failed at this. Go back and try again; whoever runs the service finds the reason in its log."
_log = logging.getLogger("kg_service.web")


# -- rendering ---------------------------------------------------------------------------------------------------


def render(scene: Scene, template: str, status: int = 200, **context: Any) -> Response:
    """A page or a fragment. Templates see the scene as `scene`, the knowledge as `know`, and what is given here."""
    request = scene.request
    said = "" if is_htmx(request) else unquote(request.cookies.get(_SAID, ""))
    text = ENVIRONMENT.get_template(template).render(
        scene=scene,
        know=scene.know,
        actor=scene.actor,
        assets=request.app.state.assets,
        said=said,
        theme=request.cookies.get("theme", ""),
        status=status,
        **context,
    )
    answer = html(request, text, status)
    if said:
        answer.delete_cookie(_SAID, path="/")
    return answer


def html(request: Request, text: str, status: int = 200) -> Response:
    """Text as an answer, compressed where the browser takes it and it pays."""
    content = text.encode("utf-8", "backslashreplace")
    # Pages differ by who looks, and by whether htmx asked for a part of them.
    headers = {"Cache-Control": "private, no-cache", "Vary": "HX-Request, Cookie, Accept-Encoding"}
    if len(content) >= _MIN_COMPRESSED and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status, headers, media_type="text/html; charset=utf-8")


def is_htmx(request: Request) -> bool:
    """Whether a part of a page is asked for. Going back in history is not: it wants the whole page."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def go(request: Request, url: str, said: str = "") -> Response:
    """Lead the browser to another page of ours, which tells what was done."""
    answer: Response
    if is_htmx(request):
        answer = Response(headers={"HX-Redirect": quote(url, safe=_ADDRESS)})
    else:
        answer = RedirectResponse(url, 303)
    answer.headers["Cache-Control"] = "no-store"
    if said:
        told = said if len(said) <= _MOST_SAID else said[: _MOST_SAID - 1] + "…"
        answer.set_cookie(
            _SAID, quote(told), max_age=60, path="/", secure=is_https(request), httponly=True, samesite="strict"
        )
    return answer


# -- errors ------------------------------------------------------------------------------------------------------


class PageRoute(APIRoute):
    """A route whose errors people can read: a page of its own, or an alert in the page that htmx shows already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except SkinR1Error as error:
                return await failed(request, error)
            except RequestValidationError:
                return await failed(request, HTTPException(404, "There is no page at this address."))
            except HTTPException as error:
                return await failed(request, error)
            except Exception:
                # A defect. htmx keeps the page and its script says so; whoever came by a link needs a page.
                if is_htmx(request):
                    raise
                _log.exception("%s %s failed", request.method, request.url.path)
                return await failed(request, HTTPException(500, _DEFECT))

        return handle


def pages(**more: Any) -> APIRouter:
    """A router for pages. They are no part of the API, so OpenAPI does not list them."""
    return APIRouter(route_class=PageRoute, include_in_schema=False, **more)


async def failed(request: Request, error: SkinR1Error | HTTPException) -> Response:
    """Say what went wrong.

    A form that cannot be taken is answered 200 with an alert, for nothing is wrong with the page: it stays as it is,
    and what was typed with it. Only who may not do this at all, and what does not exist, keep their status.
    """
    status = STATUS.get(error.code, 500) if isinstance(error, SkinR1Error) else error.status_code
    if isinstance(error, Unauthenticated):
        return _to_sign_in(request)
    if status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error)
    scene = await empty_scene(request)
    if not is_htmx(request):
        return render(scene, "error.html", status, **_told(scene, error))
    return alert(scene, error, status if status in (401, 403, 404) or status >= 500 else 200)


def alert(scene: Scene, error: SkinR1Error | HTTPException, status: int = 200) -> Response:
    """What went wrong, put at the top of the page that htmx shows."""
    answer = render(scene, "_alert.html", status, **_told(scene, error))
    answer.headers.update(_TO_THE_TOP)
    return answer


def refused(scene: Scene, error: SkinR1Error, template: str, **context: Any) -> Response:
    """A form that cannot be taken, where no error page will do: an alert, or without htmx its page once more.

    Args:
        context: of the page, with what was typed. The template includes `_alert.html` where `detail` is given.
    """
    if is_htmx(scene.request):
        return alert(scene, error)
    return render(scene, template, STATUS.get(error.code, 500), **_told(scene, error), **context)


def _told(scene: Scene, error: SkinR1Error | HTTPException) -> dict[str, Any]:
    if isinstance(error, HTTPException):
        return {"error": error, "detail": str(error.detail), "findings": ()}
    detail, findings = problem(error, scene.know, scene.views.newest.knowledge)
    return {"error": error, "detail": detail, "findings": findings}


def _to_sign_in(request: Request) -> Response:
    where = request.url.path
    if request.method != "GET" or is_htmx(request):  # after signing in one wants the page, not a part of it
        where = ""
    elif request.url.query:
        where += f"?{request.url.query}"
    answer = go(request, "/sign-in" + (f"?next={quote(where, safe='')}" if where not in ("", "/") else ""))
    if is_htmx(request) and request.method != "GET":
        # Leaving the page would lose what was typed.
        answer = html(request, ENVIRONMENT.get_template("_signed_out.html").render(), 401)
        answer.headers.update(_TO_THE_TOP)
    return answer
