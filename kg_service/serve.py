"""Run the app under uvicorn: loopback unless somebody can sign in, one process or several, one line when ready."""

from __future__ import annotations

import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from .api import logs
from .api.connection import Connection
from .api.metrics import FOLDER
from .core.errors import ConfigInvalid, KnowledgeUnavailable
from .editorial import migrate
from .editorial.accounts.invitations import first_link, link, somebody_can_sign_in
from .editorial.database import Database
from .editorial.opening import Opened, open_data
from .service import create_app
from .settings import Settings, read_settings, write_settings

_GRACE_SECONDS = 10  # for requests that are being answered when the service is told to stop
_START_SECONDS = 300.0  # of all workers: each loads its libraries, perhaps on one crowded core
_SILENCE_SECONDS = 30  # of a worker, before it is taken for hung and replaced: publishing keeps it busy for some
_log = logging.getLogger("kg_service.serve")


class _Server(uvicorn.Server):
    """One process. Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.should_exit:
            self._ready()


class _Workers(Multiprocess):
    """Several processes on one socket; one that dies is replaced. Says when all of them are ready."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._ready = ready

    @property
    def failed(self) -> bool:
        """Whether a worker could not even start."""
        return any(process.exitcode == STARTUP_FAILURE for process in self.processes)

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(_START_SECONDS, self.should_exit) for process in self.processes):
            self._ready()


def serve(settings: Settings, host: str, port: int, *, workers: int = 1) -> int:
    """Answer until told to stop (SIGINT, SIGTERM), and finish what is being answered; returns the exit code.

    Raises:
        ConfigInvalid: the address is open to others and nobody could sign in, or is taken.
        SkinR1Error: the data cannot be opened.
    """
    logs.configure(settings.log_format)
    signal.signal(signal.SIGTERM, _stop)
    if not is_loopback(host):
        _refuse_open_door(settings, host)
    # Opened here and not in the app's lifespan: what is wrong with the data is then an error of ours with an exit code,
    # and workers find tables and release already made.
    opened = open_data(settings, now=datetime.now(UTC))
    try:
        with _listening(host, port) as listener:
            ready = _ready(settings, opened, host, listener)
            if workers == 1:
                _run_one(create_app(settings, opened), listener, ready)
            else:
                opened.database.close()
                _run_several(settings, listener, ready, workers)
    except KeyboardInterrupt:
        return 0
    finally:
        opened.database.close()
    return 0


def _run_one(app: FastAPI, listener: socket.socket, ready: Callable[[], None]) -> None:
    try:
        _Server(_config(app), ready).run(sockets=[listener])
    except SystemExit as stop:
        if stop.code:
            raise KnowledgeUnavailable("the service could not start; the reason stands above") from stop


def _run_several(settings: Settings, listener: socket.socket, ready: Callable[[], None], workers: int) -> None:
    with TemporaryDirectory(prefix="skin-r1-metrics-") as folder:
        os.environ.update(write_settings(settings) | {FOLDER: folder})
        supervisor = _Workers(_config(f"{__name__}:worker", workers), [listener], ready)
        supervisor.run()
    if supervisor.failed:
        raise KnowledgeUnavailable("a worker could not start; the reason stands above")


def worker() -> FastAPI:
    """The app of one of several processes, by what the environment says."""
    settings = read_settings(os.environ)
    logs.configure(settings.log_format)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return create_app(settings)


def _end_with_parent() -> None:
    """A worker whose supervisor was killed would hold the port for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _config(app: FastAPI | str, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        http=Connection,
        workers=workers,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_worker_healthcheck=_SILENCE_SECONDS,
        server_header=False,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), port))
        except (OSError, OverflowError) as error:
            raise ConfigInvalid(f"nothing could be opened at {host} port {port}; is it taken? ({error})") from error
        listener.set_inheritable(True)
        yield listener


def _ready(settings: Settings, opened: Opened, host: str, listener: socket.socket) -> Callable[[], None]:
    """What to do once requests are answered: say the address and the release, and how the first administrator signs in.

    The line that other programs wait for is the same with every log for people. The one-time link is for the terminal
    of who started the service, and goes into no log for machines.
    """
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}"
    release = opened.release
    if settings.log_format == "json":
        said = {"url": address, "release": release.id, "digest": release.digest}
        return lambda: _log.info("ready", extra=said)
    lines = [f"{address} release {release.id} {release.digest}"]
    if is_loopback(host) and (code := first_link(opened.database, datetime.now(UTC))):
        lines.append(f"Nobody administers this service yet. Within 15 minutes, once: {address}{link(code)}")
    return lambda: print(*lines, sep="\n", file=sys.stderr, flush=True)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Told to stop before the server listens for it, or again by the server when it has stopped: all is well."""
    raise SystemExit(0)


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
            f"{host} is open to other machines and nobody can sign in yet. Make a token first: "
            f"python -m kg_service admin token --data {settings.data} --role admin"
        )
