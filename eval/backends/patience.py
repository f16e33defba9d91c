"""How long and how much of an answer is waited for. The time-outs of an HTTP client hold between two bytes: a server
that sends one now and then, or never stops, would be read for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx2  # what the openai package speaks through

MOST_BYTES = 64 * 1024 * 1024  # a completion of thousands of long samples is smaller


def patience(seconds: float) -> Callable[[httpx2.Response], None]:
    """A response hook of an httpx client: from the first line of an answer its body has so long, and `MOST_BYTES`."""

    def limit(response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Body(response.stream, time.monotonic() + seconds)

    return limit


class _Body(httpx2.SyncByteStream):
    def __init__(self, body: httpx2.SyncByteStream, until: float) -> None:
        self._body, self._until = body, until

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._body:
            read += len(chunk)
            if time.monotonic() > self._until:
                raise httpx2.ReadTimeout("the answer does not come to its end")
            if read > MOST_BYTES:
                raise httpx2.ReadError(f"the answer is longer than {MOST_BYTES} bytes")
            yield chunk

    def close(self) -> None:
        self._body.close()
