"""One connection to the service: retries, and problems raised again as the exceptions they were."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

import httpx

from ..core.errors import KnowledgeUnavailable, SkinR1Error, by_code

_ATTEMPTS = 3
_FIRST_WAIT_SECONDS = 0.2


class Connection:
    """Sends requests to one service.

    Args:
        url: the service's address without `/v1`, for example `http://127.0.0.1:8000`.
        token: a bearer token, where the service asks for one.
        timeout: seconds one attempt may take.
    """

    def __init__(self, url: str, *, token: str = "", timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        token = token.strip()  # a file of a token ends with a newline, and an error would print such a header
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(timeout=timeout, headers=headers, follow_redirects=True)

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self._send("GET", path, params=query)

    def post(self, path: str, body: object, **query: str | int) -> httpx.Response:
        """Every POST of the reading API only asks, and a report replaces itself, so that both may be repeated."""
        return self._send("POST", path, json=body, params=query)

    def post_once(self, path: str, body: object) -> httpx.Response:
        """A POST that must not happen twice: after no answer, the caller looks whether it has happened.

        Raises:
            KnowledgeUnavailable: no answer; it may or may not have been done.
        """
        return self._send("POST", path, attempts=1, json=body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self._send("PUT", path, json=body)

    def _send(self, method: str, path: str, *, attempts: int = _ATTEMPTS, **kwargs: Any) -> httpx.Response:
        """
        Raises:
            KnowledgeUnavailable: no answer after the attempts.
            SkinR1Error: what the service answered, as the class it was there.
        """
        failure = ""
        for attempt in range(attempts):
            if attempt:
                time.sleep(_FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
            try:
                response = self._client.request(method, f"{self.url}/v1{path}", **kwargs)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                failure = str(error) or type(error).__name__
                if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
                    break
                continue
            if response.status_code not in (502, 503, 504):
                if response.is_error:
                    raise problem_of(response)
                return response
            failure = f"it answered {response.status_code}"
        raise KnowledgeUnavailable(
            f"the knowledge service at {self.url} cannot be reached ({failure}). Start it with "
            "`python -m kg_service serve`, or name a snapshot file as knowledge.path."
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()


def problem_of(response: httpx.Response) -> SkinR1Error:
    """The exception that a problem+json answer stands for."""
    try:
        body = response.json()
        code, detail = str(body["code"]), str(body["detail"])
    except (ValueError, KeyError, TypeError):
        return SkinR1Error(
            f"{response.request.url} answered {response.status_code} with something that is not a problem of the "
            "knowledge service; is this its address?"
        )
    error = by_code(code)(detail)
    for name, sent in (("findings", "findings"), ("rows", "rows"), ("replaced_by", "replacedBy")):
        if hasattr(error, name):  # the detail repeats them already, so they must not go through the constructor
            setattr(error, name, tuple(body.get(sent) or ()))
    return error
