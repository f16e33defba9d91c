"""The HTTP server, on the standard library alone."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from kg_service.core.errors import ConfigInvalid

from . import answers
from .faults import Faults

MODEL = "echo"
_ERRORS = {"429": "rate_limit_exceeded", "500": "server_error", "503": "overloaded", "401": "invalid_api_key"}


class Echo:
    """The server on a thread of its own, for as long as the context lasts.

    `requests` counts all calls, `faults` those that went wrong by kind, `peak` the most at once, `served` the whole
    answers by the hash of their request.

    Args:
        faults: `KIND=SHARE` each.
        key: the only key that is let in; empty for any.
        retry_after: what a 429 asks for, as the header has it.
        delay: seconds that a slow answer takes.
    """

    def __init__(
        self,
        faults: Iterable[str] = (),
        seed: int = 0,
        *,
        port: int = 0,
        key: str = "",
        retry_after: str = "1",
        delay: float = 5.0,
    ) -> None:
        self.plan = Faults(faults, seed)
        self.key, self.retry_after, self.delay = key, retry_after, delay
        self.requests, self.peak, self._now = 0, 0, 0
        self.faults: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()
        echo = self

        class Handler(_Handler):
            twin = echo

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def begin(self, payload: bytes) -> tuple[str, str]:
        """Count a request in. Its hash and its fault."""
        request = hashlib.sha256(payload).hexdigest()
        with self._lock:
            self.requests += 1
            self._now += 1
            self.peak = max(self.peak, self._now)
            self._times[request] += 1
            fault = self.plan.draw(request, self._times[request])
            if fault:
                self.faults[fault] += 1
        return request, fault

    def end(self, request: str, whole: bool) -> None:
        with self._lock:
            self._now -= 1
            self.served[request] += whole


class _Handler(BaseHTTPRequestHandler):
    twin: Echo
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "synth"}]})
        else:
            self._error(404, "not_found", f"nothing at {self.path}")

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.rstrip("/") != "/v1/chat/completions":
            return self._error(404, "not_found", f"nothing at {self.path}")
        if self.twin.key and self.headers.get("Authorization") != f"Bearer {self.twin.key}":
            return self._error(401, "invalid_api_key", "incorrect key")
        try:
            body = json.loads(payload)
            said = answers.said(body)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            return self._error(400, "invalid_request_error", f"{type(error).__name__}: {error}")
        request, fault = self.twin.begin(payload)
        whole = False
        try:
            whole = self._answer(body, said, request, fault)
        finally:
            self.twin.end(request, whole)

    def _answer(self, body: dict[str, Any], said: answers.Said, request: str, fault: str) -> bool:
        if fault in _ERRORS:
            headers = {"Retry-After": self.twin.retry_after} if fault == "429" else {}
            self._error(int(fault), _ERRORS[fault], "a fault on demand", headers)
            return False
        if fault == "slow":
            time.sleep(self.twin.delay)
        reply = answers.reply(said, request, wrong=fault == "wrong-choice")
        finish, message = "stop", {"role": "assistant", "content": reply, "refusal": None}
        if fault == "truncated":
            finish, message["content"] = "length", reply[: len(reply) * 2 // 3]
        elif fault == "malformed":
            message["content"] = reply.replace('"', "'")[: len(reply) // 2] + " ... and so on"
        elif fault == "empty":
            message["content"] = ""
        elif fault == "refusal":
            message |= {"content": None, "refusal": "I can't help with that."}
        used = {"prompt_tokens": said.tokens, "completion_tokens": len(message["content"] or "") // 4}
        completion = {
            "id": f"chatcmpl-{request[:16]}",
            "object": "chat.completion",
            "created": 0,
            "model": body.get("model") or MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": used | {"total_tokens": sum(used.values())},
        }
        self._send(200, completion, cut=fault == "dropped")
        return not fault

    def _error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, {"error": {"message": message, "type": code, "code": code, "param": None}}, headers)

    def _send(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        payload = json.dumps(body, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload[: len(payload) // 2] if cut else payload)
            self.close_connection = self.close_connection or cut
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the asker has gone, as it may

    def log_message(self, format: str, *args: Any) -> None:
        """Silence; the counters tell."""


def serve(port: int, faults: list[str], seed: int = 0) -> None:
    """Answer until Ctrl-C. What is said goes to stderr.

    Raises:
        ConfigInvalid: a fault is not known, or there is no such port.
    """
    if not 0 <= port < 1 << 16:
        raise ConfigInvalid(f"--port {port}: ports go from 0 (any that is free) to 65535")
    with Echo(faults, seed, port=port) as echo:
        print(f"model.base_url = {echo.url!r}, model.name = {MODEL!r}; Ctrl-C ends it", file=sys.stderr)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            wrong = ", ".join(f"{kind} {count}" for kind, count in sorted(echo.faults.items())) or "none"
            print(f"{echo.requests} requests, at most {echo.peak} at once; faults: {wrong}", file=sys.stderr)
