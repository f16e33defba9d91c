"""The whole service: the API for machines, and the desk for clinicians, on the same use-cases."""

from __future__ import annotations

from fastapi import FastAPI

from .api.app import create_api
from .editorial.opening import Opened
from .settings import Settings
from .web.desk import add_desk


def create_app(settings: Settings, opened: Opened | None = None) -> FastAPI:
    """The service.

    Args:
        settings: where its data lies; it is opened when the app starts, not when it is made.
        opened: data already open, which the app then owns: it closes it when it stops.
    """
    app = create_api(settings, opened)
    add_desk(app)
    return app
