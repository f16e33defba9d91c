"""The OpenAPI document: what each operation answers, takes and is called, complete enough to generate a client from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..wire import Problem, Wire
from . import cookies
from .dependencies import JSON

_SCHEMAS = "#/components/schemas/"
_NAMED = re.compile(re.escape(_SCHEMAS) + r'([^"/]+)"')


def operation_id(route: APIRoute) -> str:
    """`get_concept`, `resolve`: the name of the function that answers, a noun where something is got, else a verb.

    Generated clients name their calls so.
    """
    return f"get_{route.name}" if "GET" in (route.methods or ()) and not route.name.startswith("get_") else route.name


def gives(model: type[BaseModel], description: str = "", *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that writes the bytes of this model itself."""
    said = description or (model.__doc__ or model.__name__).strip().splitlines()[0]
    return {status: {"model": model, "description": said}}


def document(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description of the app, and the bodies and problems it cannot see. Made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=app.openapi_tags
        )
        _add_named_models(schema)
        _add_ways_to_sign_in(schema)
        _mend_media_types(schema)
        _add_seq_header(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _add_named_models(schema: dict[str, Any]) -> None:
    """Routes that read or write bytes only name their models (`takes`): add every one that is named and not there."""
    known = schema.setdefault("components", {}).setdefault("schemas", {})
    missing = set(_NAMED.findall(json.dumps(schema))) - set(known)
    models = [model for model in (*_below(Wire), Problem) if model.__name__ in missing]
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMAS + "{model}")
    for name, definition in found.get("$defs", {}).items():
        known.setdefault(name, definition)


def _add_ways_to_sign_in(schema: dict[str, Any]) -> None:
    """A session's cookie serves wherever a token does. Where neither is needed, both are taken: a service may be set
    to let nobody read unasked."""
    schemes = schema["components"].setdefault("securitySchemes", {})
    tokens = [{name: []} for name in schemes]
    schemes["SessionCookie"] = {"type": "apiKey", "in": "cookie", "name": cookies.NAMES[0]}
    schema["security"] = [{}, *tokens, {"SessionCookie": []}]
    for operation in _operations(schema):
        if "security" in operation:
            operation["security"].append({"SessionCookie": []})


def _mend_media_types(schema: dict[str, Any]) -> None:
    """FastAPI says of every answer that it may be JSON: not of a redirect, nor where a route names other types."""
    for operation in _operations(schema):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if status.startswith("3"):
                content.clear()
            if len(content) > 1 and not content.get(JSON, {}).get("schema"):
                content.pop(JSON, None)
            for media, said in content.items():
                if media != JSON and not said.get("schema"):
                    said["schema"] = {"type": "string"}
            if not content:
                answer.pop("content", None)


def _add_seq_header(schema: dict[str, Any]) -> None:
    """What the middleware writes on every answer."""
    header = {
        "description": "the newest change this worker knows of; send it back as `KG-Min-Seq` to read what you wrote",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    }
    schema["components"]["headers"] = {"KG-Seq": header}
    for operation in _operations(schema):
        for answer in operation["responses"].values():
            answer.setdefault("headers", {})["KG-Seq"] = {"$ref": "#/components/headers/KG-Seq"}


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for operations in schema["paths"].values() for operation in operations.values())


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for child in model.__subclasses__():
        yield from _below(child)
