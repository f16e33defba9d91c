"""Styles, scripts and vendored files: read once when the service starts, served compressed and for ever.

Our own styles and scripts are written as several small files and served as one each. An address holds the content's
hash, so a browser asks for a file once, and never uses an old one with a new page.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"

_BUNDLES = {"desk.css": ("styles", "*.css"), "desk.js": ("scripts", "*.js")}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as browsers get it."""

    content: bytes
    media_type: str

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:12]

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)


def read_assets(folder: Path = STATIC) -> Mapping[str, Asset]:
    """Every asset by its name below /static/."""
    found = {
        name: Asset(b"\n".join(part.read_bytes() for part in sorted((folder / where).glob(which))), _type(name))
        for name, (where, which) in _BUNDLES.items()
    }
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name.partition("/")[0] not in ("styles", "scripts"):
            found[name] = Asset(path.read_bytes(), _type(name))
    return found


def asset_url(assets: Mapping[str, Asset], name: str) -> str:
    """The address of an asset.

    Raises:
        KeyError: there is none of this name: a defect of a template.
    """
    return f"/static/{name}?v={assets[name].version}"


def send_asset(request: Request, assets: Mapping[str, Asset], name: str) -> Response:
    """
    Raises:
        HTTPException: 404.
    """
    asset = assets.get(name)
    if asset is None:
        raise HTTPException(404, "there is no such file")
    current = request.query_params.get("v") == asset.version
    headers = {
        "Cache-Control": _FOREVER if current else "no-cache",
        "ETag": f'"{asset.version}"',
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def _type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "text/plain"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
