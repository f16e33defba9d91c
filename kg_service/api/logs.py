"""The log on stderr: lines for people, or one JSON object a line for machines.

Everything goes through the standard library's loggers, so that uvicorn's and SQLAlchemy's words come out alike. What a
line says beside its message is given as `extra`; the request it belongs to is added by itself.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

Format = Literal["text", "json"]
_NOT_SAID = ("color_message",)  # uvicorn's message again, with escape sequences


def configure(form: Format) -> None:
    """Send this process's log to stderr in this form. For a program's start, not for a library's import."""
    from structlog import contextvars, dev, processors, stdlib

    renderer: list[Any] = [processors.format_exc_info, processors.JSONRenderer(ensure_ascii=False)]
    if form == "text":
        # Plain tracebacks: the rich ones show local variables, which hold bodies and secrets.
        plain = dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=dev.plain_traceback)
        renderer = [plain]
    formatter = stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            contextvars.merge_contextvars,
            stdlib.add_log_level,
            stdlib.add_logger_name,
            stdlib.ExtraAdder(),
            processors.TimeStamper(fmt="iso", utc=True),
            _without_noise,
        ],
        processors=[stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kg_service").setLevel(logging.INFO)


def _without_noise(_logger: object, _method: str, event: Any) -> Any:
    for name in _NOT_SAID:
        event.pop(name, None)
    return event
