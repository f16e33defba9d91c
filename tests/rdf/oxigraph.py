"""A real SPARQL 1.1 server for tests: the Oxigraph program on a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from kg_service.editorial.deltas import lines_in
from kg_service.editorial.feed.server import Server

from ..patience import PATIENCE, free_port


class Oxigraph:
    """`oxigraph serve`, which can be killed and started again on the same data and port."""

    def __init__(self, folder: Path) -> None:
        program = Path(sys.executable).with_name("oxigraph")
        found = program if program.exists() else shutil.which("oxigraph")
        if found is None:
            pytest.skip("the Oxigraph server is not installed: pip install oxigraph")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [str(found), "serve", "--location", str(folder), "--bind", f"127.0.0.1:{self.port}"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(f"{self.url}/query", params={"query": "ASK {}"})
                return
            except httpx.TransportError:
                assert self._process.poll() is None, "the Oxigraph server ended"
                assert time.monotonic() < deadline, "the Oxigraph server does not answer"
                time.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def server(self) -> Server:
        return Server(f"{self.url}/update", f"{self.url}/query")

    def lines(self, graph: str) -> list[str]:
        """The statements of a graph as sorted N-Triples lines."""
        answer = httpx.get(f"{self.url}/store", params={"graph": graph}, headers={"Accept": "application/n-triples"})
        return [] if answer.status_code == 404 else sorted(lines_in(answer.content.decode()))
