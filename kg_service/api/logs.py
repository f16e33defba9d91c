"""The log on stderr: lines for people, or one JSON object a line for machines.

Everything goes through the standard library's loggers, so that uvicorn's and SQLAlchemy's words come out alike. What a
line says beside its message is given as `extra`; the request it belongs to is added by itself.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Literal

Format = Literal["text", "json"]
REQUESTS = "kg_service.requests"
# The id of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")
_NOT_SAID = ("color_message",)  # uvicorn's message again, with escape sequences


def configure(form: Format) -> None:
    """Send this process's log to stderr in this form. For a program's start, not for a library's import."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kg_service").setLevel(logging.INFO)
    # A person's terminal is not filled with every read that went well; the metrics count them.
    logging.getLogger(REQUESTS).setLevel(logging.DEBUG if form == "json" else logging.INFO)


class _Formatter(logging.Formatter):
    """structlog's, made for the first line: a start that goes well waits a tenth of a second less."""

    def __init__(self, form: Format) -> None:
        super().__init__()
        self._form: Format = form

    def format(self, record: logging.LogRecord) -> str:
        return self._structured.format(record)  # handlers call this under their lock

    @cached_property
    def _structured(self) -> logging.Formatter:
        from structlog import processors, stdlib

        # Tracebacks without local variables, which hold bodies and secrets.
        renderer = processors.JSONRenderer(ensure_ascii=False) if self._form == "json" else _Readable()
        return stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                _with_request,
                stdlib.add_log_level,
                stdlib.add_logger_name,
                stdlib.ExtraAdder(),
                processors.TimeStamper(fmt="iso", utc=True),
                _without_noise,
            ],
            processors=[stdlib.ProcessorFormatter.remove_processors_meta, processors.format_exc_info, renderer],
        )


class _Readable:
    """`2026-01-02T03:04:05Z info request route=/v1/health status=200`; a traceback follows on lines of its own."""

    def __init__(self) -> None:
        from structlog.processors import LogfmtRenderer

        self._rest = LogfmtRenderer(sort_keys=False)  # quotes what strangers wrote: no line of theirs looks like ours

    def __call__(self, logger: Any, method: str, event: Any) -> str:
        traceback = event.pop("exception", "")
        head = f"{event.pop('timestamp')} {event.pop('level')} "
        said = str(event.pop("event")).encode("unicode_escape").decode() + " "
        return head + said + self._rest(logger, method, event) + (f"\n{traceback}" if traceback else "")


def _with_request(_logger: object, _method: str, event: Any) -> Any:
    if known := request_id.get():
        event["request"] = known
    return event


def _without_noise(_logger: object, _method: str, event: Any) -> Any:
    for name in _NOT_SAID:
        event.pop(name, None)
    return event
