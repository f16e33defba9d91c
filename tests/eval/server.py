"""A chat-completions server in a thread: it answers by what it was asked, and fails when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zlib import crc32

MODEL = "skin-adapter"


@dataclass
class Served:
    """What the server saw. `trouble` gives, for the n-th call (from 0), what goes wrong: a status, "slow", "silent".

    A slow answer is given when `gate` is set, which the end of the server does at the latest.
    """

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    trouble: Callable[[int, dict[str, Any]], int | str | None] = lambda number, body: None
    finish: str = "stop"
    most: int = 100
    delay: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    gate: threading.Event = field(default_factory=threading.Event)


def picture(body: dict[str, Any]) -> str:
    return next(
        (part["image_url"]["url"] for part in body["messages"][0]["content"] if part["type"] == "image_url"), ""
    )


def text(body: dict[str, Any]) -> str:
    return next(part["text"] for part in body["messages"][0]["content"] if part["type"] == "text")


@contextmanager
def serving(**more: Any) -> Iterator[Served]:
    served = Served(**more)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def send(self, content: object, status: int = 200) -> None:
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.send_header("retry-after-ms", "5")
            self.end_headers()
            self.wfile.write(payload)

        def drip(self) -> None:
            """A byte now and then, for ever."""
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(b" ")
                    time.sleep(0.05)

        def do_GET(self) -> None:
            card = {"id": MODEL, "object": "model", "created": time.time_ns(), "owned_by": "v", "root": "a/sft"}
            self.send({"object": "list", "data": [card]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with served.lock:
                number = len(served.calls)
                served.calls.append(body)
                served.headers.append({name.lower(): value for name, value in self.headers.items()})
            time.sleep(served.delay)
            match served.trouble(number, body):
                case int(status):
                    return self.send({"error": {"message": "injected", "code": "injected"}}, status)
                case "slow":
                    served.gate.wait()
                case "silent":
                    return self.send(answer(served, body, content=None))
                case "refusal":
                    return self.send(answer(served, body, content=None, refusal="I cannot help with that."))
                case "nonsense":
                    return self.send({"object": "list"})
                case "number":
                    return self.send(answer(served, body, content=42))
                case "page":
                    return self.send("<html>")
                case "drip":
                    return self.drip()
            self.send(answer(served, body))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        served.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(served: Served, body: dict[str, Any], **message: Any) -> dict[str, Any]:
    """Each choice names the prompt's first word, a digest of the picture, and the seed that vLLM would draw it from."""
    seed = body.get("seed", 0)
    choices = [
        {
            "index": index,
            "finish_reason": served.finish,
            "message": {
                "role": "assistant",
                "content": f"{text(body).split()[0]} {crc32(picture(body).encode())} {seed + index}",
                **message,
            },
        }
        for index in reversed(range(min(body.get("n", 1), served.most)))
    ]
    usage = {"prompt_tokens": 100, "completion_tokens": 10 * len(choices), "total_tokens": 0}
    return {
        "id": "c", "object": "chat.completion", "created": 0, "model": body["model"], "choices": choices,
        "usage": usage, "system_fingerprint": "fp_7",
    }  # fmt: skip
