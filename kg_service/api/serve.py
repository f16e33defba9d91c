"""Run the app under uvicorn: loopback unless a token exists, graceful shutdown, one line when ready."""

from __future__ import annotations

import ipaddress
import sys
from datetime import UTC, datetime

import uvicorn

from ..core.errors import ConfigInvalid
from ..editorial import migrate
from ..editorial.accounts.invitations import somebody_can_sign_in
from ..editorial.database import Database
from ..editorial.opening import open_data
from ..settings import Settings
from .app import create_app

_GRACE_SECONDS = 10


class _Server(uvicorn.Server):
    """Says where it listens, with the real port where a free one was taken."""

    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.should_exit:
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        app = self.config.app
        release = app.state.views.newest.release  # type: ignore[union-attr]
        print(f"http://{host}:{port} release {release.id} {release.digest}", file=sys.stderr, flush=True)


def serve(settings: Settings, host: str, port: int) -> int:
    """Answer until told to stop (SIGINT, SIGTERM); returns the exit code.

    Raises:
        ConfigInvalid: the address is open to others and nobody could sign in, or is taken.
        SkinR1Error: the data cannot be opened.
    """
    if not is_loopback(host):
        _refuse_open_door(settings, host)
    # Opened here and not in the app's lifespan: what is wrong with the data is then an error of ours with an exit code.
    app = create_app(settings, open_data(settings, now=datetime.now(UTC)))
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            server_header=False,
        )
    )
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit as stop:
        if stop.code:
            raise ConfigInvalid(f"nothing could be opened at {host} port {port}; is it taken?") from stop
    return 0


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_open_door(settings: Settings, host: str) -> None:
    database = Database(settings.url)
    try:
        migrate.ensure(database)
        with database.reading() as session:
            known = somebody_can_sign_in(session, datetime.now(UTC))
    finally:
        database.close()
    if not known:
        raise ConfigInvalid(
            f"{host} is open to other machines and nobody can sign in yet. Make one first: "
            f"python -m kg_service admin token --data {settings.data} --role admin"
        )
