"""Endpoints and replies that are broken or meant to harm: a bad answer is one row's misfortune and nothing leaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kg_service.job import dump_record
from synth.judge.questions import _object
from synth.model import Ask, Endpoint, EndpointBroken, ModelFailed, ModelSettings, Reply
from synth.model.said import LONGEST, spoken
from synth.writers.model.salvage import salvage
from synth.writers.model.writer import _steps

from ..patience import PATIENCE

KEY = "sk-never-to-be-seen"
Serve = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(serve: Serve, asked: list[str]) -> Iterator[str]:
    """A server that answers every request by `serve`. The keys it was sent go into `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(self.headers.get("Authorization", ""))
            serve(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}/v1"
        found.shutdown()


def says(body: str, status: int = 200, **headers: str) -> Serve:
    def serve(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return serve


def completion(text: str = '"fine"', usage: str = "{}") -> str:
    return f'{{"choices": [{{"message": {{"content": {text}}}, "finish_reason": "stop"}}], "usage": {usage}}}'


def asking(url: str, folder: Path, **changes: object) -> Reply:
    given = {"name": "m", "base_url": url, "key_env": "THE_KEY", "retries": 1, "backoff": 0, "price_in": 1}
    with Endpoint(ModelSettings.model_validate(given | changes), folder) as endpoint:
        return endpoint.submit(Ask("system", "user")).result(PATIENCE)


@pytest.mark.parametrize(
    "usage",
    [
        '{"prompt_tokens": -5000000, "completion_tokens": -1}',
        '{"prompt_tokens": 1e999}',
        f'{{"prompt_tokens": {"9" * 400}}}',
        '{"prompt_tokens": "many"}',
        '{"prompt_tokens_details": {"cached_tokens": 10000000}}',
    ],
)
def test_no_count_of_tokens_fills_the_purse(usage: str, tmp_path: Path):
    with server(says(completion(usage=usage)), []) as url:
        reply = asking(url, tmp_path)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.cost) == ("fine", 0, 0, 0)


@pytest.mark.parametrize("body", ["<html>", "[" * 100_000, '{"choices": []}', '{"error": "\\ud800"}', '"\\ud800"'])
def test_what_is_no_completion_fails_that_request_alone(body: str, tmp_path: Path):
    with server(says(body), []) as url, pytest.raises(ModelFailed):
        asking(url, tmp_path)


def test_half_a_character_is_no_reason_to_stop(tmp_path: Path):
    with server(says(completion('"a\\ud800b"')), []) as url:
        assert asking(url, tmp_path).text.strip("ab") == "\ufffd" * 3
        assert asking(url, tmp_path).cached


def test_an_answer_that_never_ends_is_given_up(tmp_path: Path):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        says("")(handler)
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    with server(drip, []) as url, pytest.raises(ModelFailed, match="in time"):
        asking(url, tmp_path, timeout=0.3, retries=0)


def test_pictures_and_keys_are_not_sent_on_to_another_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THE_KEY", KEY)
    astray: list[str] = []
    with (
        server(says(completion()), astray) as other,
        server(says("", 307, Location=f"{other}/chat/completions"), []) as url,
        pytest.raises(EndpointBroken),
    ):
        asking(url, tmp_path)
    assert astray == []


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_key_is_written_nowhere(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("THE_KEY", KEY + end)
    asked: list[str] = []
    body = f'{{"error": {{"message": "unknown: Bearer {KEY}"}}}}'
    with server(says(body, 400), asked) as url, pytest.raises(ModelFailed) as told:
        asking(url, tmp_path)
    assert asked == [f"Bearer {KEY}"]
    assert KEY not in str(told.value) + "".join(path.read_text() for path in tmp_path.rglob("*.json*"))


@pytest.mark.parametrize("url", ["http://me:secret@host/v1", "https://host/v1?key=secret", "host/v1", "ftp://host"])
def test_an_address_holds_no_secret(url: str):
    with pytest.raises(ValidationError):
        ModelSettings(base_url=url)


def test_no_date_is_too_far_to_wait_for(tmp_path: Path):
    late = "Fri, 01 Jan 99999999999 00:00:00 GMT"
    with server(says("{}", 429, Retry_After=late), []) as url, pytest.raises(ModelFailed):
        asking(url, tmp_path, retries=0)


@pytest.mark.parametrize(
    "text", ['{"steps": ' + "[" * 90_000, '{"steps": ' + '{"a":' * 30_000, "{" * 150_000, "<think>" * 500_000]
)
def test_no_reply_is_too_deep_or_too_long_to_be_refused(text: str):
    assert salvage(text) is None
    assert _object(Reply(text, "stop", "")) == {}


@pytest.mark.parametrize("kind", [["observe"], {}, None, "unheard of"])
def test_a_step_of_no_kind_is_a_failure(kind: object):
    assert _steps({"steps": [{"kind": kind, "text": "It is so.", "refs": []}]}) is None


def test_steps_can_be_written_whatever_they_hold():
    told = _steps({"steps": [{"kind": "observe", "text": "It is \ud800 so.", "refs": ["\ud800"]}]})
    assert told is not None
    assert json.loads(dump_record(told[0]))["text"] == "It is \ufffd\ufffd\ufffd so."
    assert (
        _steps({"steps": [{"kind": "observe", "text": "It is so.", "refs": [f"F{n}" for n in range(10_000)]}]}) is None
    )


def test_thoughts_are_left_out_and_what_never_ends_is_left_in():
    assert spoken("a<think>b</think>c<thinking>d</thinking>e") == "a c e"
    assert spoken("a</think>b") == "b"
    assert spoken("a<think>b") == "a<think>b"
    assert spoken("a" * (LONGEST + 1)) == ""
