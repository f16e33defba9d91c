"""Which format an answer has: `?format=` or else the Accept header (RFC 9110, section 12.5.1), else JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from ..core.errors import NotAcceptable
from ..store.serialise import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TURTLE
from .openapi import gives

JSON = "application/json"
NODE_FORMATS = (JSON, JSON_LD, TURTLE, N_TRIPLES)
RELEASE_FORMATS = (*NODE_FORMATS, N_QUADS)
GRAPH_FORMATS = (TURTLE, JSON_LD, N_TRIPLES)

# What `?format=` understands beside the media types themselves.
NAMES = {
    "json": JSON,
    "jsonld": JSON_LD,
    "json-ld": JSON_LD,
    "turtle": TURTLE,
    "ttl": TURTLE,
    "ntriples": N_TRIPLES,
    "nt": N_TRIPLES,
    "nquads": N_QUADS,
    "nq": N_QUADS,
    "rdfxml": RDF_XML,
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}

# How OpenAPI describes `?format=`. It is read from the request itself: a declared parameter costs 20 us each time.
FORMAT_PARAMETER: dict[str, Any] = {
    "parameters": [
        {
            "name": "format",
            "in": "query",
            "required": False,
            "schema": {"type": "string"},
            "description": "wins over the Accept header: turtle, jsonld, …",
        }
    ]
}


def one_of(offers: tuple[str, ...]) -> Callable[[Request], Awaitable[str]]:
    """A dependency that gives the media type to answer with.

    Args:
        offers: media types; the first is the default and wins between equals.

    Raises (inside the request):
        NotAcceptable: the caller takes none of them.
    """

    async def chosen(request: Request) -> str:
        if request.scope["query_string"] and (name := request.query_params.get("format")) is not None:
            return _named(name, offers)
        accept = request.headers.get("accept")
        # What nearly every request says needs no parser.
        if accept is None or accept in ("*/*", offers[0]):
            return offers[0]
        found = best(_all_of(request), offers)
        if found is None:
            raise NotAcceptable(f"this is offered as {', '.join(offers)}; say so in Accept, or with ?format=")
        return found

    return chosen


def _all_of(request: Request) -> str:
    """The Accept header, also where it was sent in several lines."""
    return ",".join(request.headers.getlist("accept"))


def wants_page(request: Request) -> bool:
    """Whether HTML is liked better than anything the API offers, as only browsers say."""
    accept = _all_of(request)
    if "text/html" not in accept or "format" in request.query_params:
        return False
    return best(accept, (*NODE_FORMATS, "text/html")) == "text/html"


def media_named(name: str) -> str:
    """The media type that a value of `?format=` means: a short name, or a media type itself."""
    # In a query string the plus of `application/ld+json` reads as a space.
    return NAMES.get(name.lower(), name.lower().replace(" ", "+"))


def _named(name: str, offers: tuple[str, ...]) -> str:
    media = media_named(name)
    if media not in offers:
        short = [word for word, offered in NAMES.items() if offered in offers]
        raise NotAcceptable(f"no format is called {name!r} here; there are {', '.join(short)}")
    return media


NodeFormat = Annotated[str, Depends(one_of(NODE_FORMATS))]
ReleaseFormat = Annotated[str, Depends(one_of(RELEASE_FORMATS))]
GraphFormat = Annotated[str, Depends(one_of(GRAPH_FORMATS))]


def described(
    model: type[BaseModel] | None, formats: tuple[str, ...] = NODE_FORMATS
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a negotiating route: this model as JSON, and the other formats."""
    said = gives(model)[200] if model is not None else {"description": "statements"}
    rdf = {media: {"schema": {"type": "string"}} for media in formats if media != JSON}
    return {200: {**said, "content": rdf}}


def varying(response: Response) -> Response:
    """The same answer, with word to caches that it depends on Accept."""
    response.headers["Vary"] = "Accept"
    return response


@lru_cache(maxsize=512)
def best(accept: str, offers: tuple[str, ...]) -> str | None:
    """The offer an Accept header likes best, the earlier one between equals; None where it refuses all.

    Parts that are no media range are passed over. Without any that is one, everything is accepted.
    """
    ranges = [found for part in accept.split(",") if (found := _range(part)) is not None]
    if not ranges:
        return offers[0]
    liked = [(_quality(offer, ranges), offer) for offer in offers]
    quality, offer = max(liked, key=lambda pair: pair[0])
    return offer if quality > 0 else None


def _range(part: str) -> tuple[str, float] | None:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    if media == "*":  # what java.net.URLConnection sends
        media = "*/*"
    if media.count("/") != 1 or not all(media.split("/")):
        return None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
            return (media, min(quality, 1.0)) if quality >= 0 else None
    return media, 1.0


def _quality(offer: str, ranges: list[tuple[str, float]]) -> float:
    """What the most specific range that covers the offer says of it."""
    for covering in (offer, offer.partition("/")[0] + "/*", "*/*"):
        said = [quality for media, quality in ranges if media == covering]
        if said:
            return max(said)
    return 0.0
