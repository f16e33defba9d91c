"""Any server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, OpenAI.

The samples of one question are one call with `n`, so that the server reads the image once. The client of the `openai`
package repeats what failed (429, 5xx, the line, a time-out) with growing pauses, or those the server asks for.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg_service.core.errors import ConfigInvalid, ImageUnreadable, SkinR1Error

from ..prediction import Reply, Request, Sampling
from .backend import ModelUnavailable
from .settings import ModelSource

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

_SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
# So many questions lost one after another, each after all its repetitions, mean that the server is gone.
_LOST_IN_A_ROW = 8
# What reading an answer raises that is no JSON, or not what the API promises.
_NOT_THE_API = (ValueError, AttributeError, TypeError)


class OpenAIBackend:
    """Asks `source.concurrency` questions at once.

    Raises:
        ConfigInvalid: the server does not serve the model, or refuses the key.
        ModelUnavailable: it does not answer.
    """

    def __init__(self, source: ModelSource) -> None:
        from openai import DefaultHttpxClient, OpenAI

        from .patience import patience

        self._source = source
        # Pictures go nowhere but where they were sent: no redirects.
        self._client = OpenAI(
            base_url=source.base_url,
            api_key=os.environ.get(source.key_env, "").strip() or "none",
            timeout=source.timeout,
            max_retries=source.retries,
            http_client=DefaultHttpxClient(
                follow_redirects=False, event_hooks={"response": [patience(source.timeout)]}
            ),
        )
        content = ["openai", source.name, source.max_pixels, source.extra, self._card()]
        self.fingerprint = "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:
        """One reply for each request, in order."""
        return [reply for _, reply in sorted(self.stream(requests, sampling), key=lambda pair: pair[0])]

    def stream(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """(place, reply) as they come. Samples of one question that follow each other are one call.

        Raises:
            ConfigInvalid: the server refuses the key.
            ModelUnavailable: some questions got no answer; the others did, or the server seems to be gone.
        """
        queue, flying = iter(_groups(requests)), dict[Future[list[Reply]], list[int]]()
        lost, in_a_row, why = 0, 0, ""
        end: SkinR1Error | None = None
        pool = ThreadPoolExecutor(self._source.concurrency)
        try:
            while True:
                free = 0 if end else self._source.concurrency - len(flying)
                for places in islice(queue, free):
                    flying[pool.submit(self._ask, [requests[place] for place in places], sampling)] = places
                if not flying:
                    break
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    places = flying.pop(future)
                    try:
                        replies = future.result()
                    except ModelUnavailable as error:
                        replies, in_a_row, why = [], in_a_row + 1, str(error)
                        end = end or (error if in_a_row == _LOST_IN_A_ROW else None)
                    except SkinR1Error as error:  # what is under way is waited for: it is paid for
                        replies, end = [], end or error
                    else:
                        in_a_row = 0
                    lost += len(places) - len(replies)
                    yield from zip(places, replies, strict=False)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if end is not None and not isinstance(end, ModelUnavailable):
            raise end
        if lost:
            left = "" if end is None else ", and the rest was not tried"
            raise ModelUnavailable(
                f"{lost} of {len(requests)} questions got no answer ({why}){left}; the same command asks again"
            )

    def _card(self) -> dict[str, Any]:
        """What the server says the name stands for: a base model, or an adapter and what it stands on."""
        from openai import APIConnectionError, APIStatusError

        try:
            served = {model.id: model.model_dump() for model in self._client.models.list()}
        except APIStatusError as error:
            if error.status_code in (401, 403):
                raise self._refused(error.status_code) from error
            if error.status_code in (404, 405, 501):
                return {}  # a server that keeps no list
            raise ModelUnavailable(f"{self._source.base_url} answers {error.status_code}: {error}"[:500]) from error
        except APIConnectionError as error:
            raise ModelUnavailable(f"{self._source.base_url} does not answer: {error.__cause__ or error}") from error
        except _NOT_THE_API as error:
            raise ConfigInvalid(
                f"{self._source.base_url}/models gives no list of models ({error}); is it the address of an API?"[:500]
            ) from error
        card = served.get(self._source.name)
        if card is None:
            there = ", ".join(sorted(served)) or "nothing"
            raise ConfigInvalid(f"{self._source.base_url} does not serve {self._source.name!r}; it serves {there}")
        return {
            key: card[key] for key in ("root", "parent") if card.get(key)
        }  # vLLM's; `created` is the time of asking

    def _refused(self, status: int) -> ConfigInvalid:
        return ConfigInvalid(
            f"{self._source.base_url} refuses the key ({status}); set the environment variable {self._source.key_env}"
        )

    def _ask(self, group: Sequence[Request], sampling: Sampling) -> list[Reply]:
        """The replies to the samples of one question, fewer where the server failed on the way.

        A server that gives fewer than `n` is asked for the rest.
        """
        found: list[Reply] = []
        while len(found) < len(group):
            try:
                found += self._call(group[len(found) :], sampling)
            except ModelUnavailable:
                if not found:
                    raise
                break
        return found

    def _call(self, group: Sequence[Request], sampling: Sampling) -> list[Reply]:
        from openai import APIConnectionError, APIStatusError

        body = self._body(group, sampling)
        try:
            found = _read(self._client.chat.completions.create(**body), len(group))
        except APIStatusError as error:
            if error.status_code in (401, 403):
                raise self._refused(error.status_code) from error
            if error.code == "content_filter":  # the service declines before its model is asked: an answer of its kind
                return [Reply("", finish="content_filter") for _ in group]
            raise ModelUnavailable(f"HTTP {error.status_code}: {error}"[:300]) from error
        except (APIConnectionError, *_NOT_THE_API) as error:
            raise ModelUnavailable(f"{type(error).__name__}: {error.__cause__ or error}"[:300]) from error
        if not found:
            raise ModelUnavailable(f"{self._source.name} answered without a choice")
        return found

    def _body(self, group: Sequence[Request], sampling: Sampling) -> dict[str, Any]:
        first = group[0]
        content: list[dict[str, Any]] = [{"type": "text", "text": first.prompt}]
        if first.image:
            url = data_url(first.image, self._source.max_pixels)
            content.insert(0, {"type": "image_url", "image_url": {"url": url}})
        body: dict[str, Any] = {
            "model": self._source.name,
            "messages": [{"role": "user", "content": content}],
            "temperature": sampling.temperature,
            self._source.tokens_field: sampling.max_new_tokens,
        }
        if sampling.temperature > 0:
            # vLLM numbers the samples of a call upwards from the seed, so a call for the rest draws what is missing.
            body |= {"top_p": sampling.top_p, "n": len(group), "seed": _seed(sampling.seed, first) + first.sample}
        return body | ({"extra_body": self._source.extra} if self._source.extra else {})


def _seed(seed: int, request: Request) -> int:
    """In 30 bits, for servers that count in 32. Of the case too: equal prompts without a picture are draws apart."""
    named = hashlib.sha256(json.dumps([seed, request.case_id, request.prompt]).encode()).digest()
    return int.from_bytes(named[:4]) >> 2


def _groups(requests: Sequence[Request]) -> Iterator[list[int]]:
    """Places of requests that differ in nothing but a sample number, each one more than the one before."""

    def question(place: int) -> tuple[str, str, str, int]:
        one = requests[place]
        return one.case_id, one.prompt, one.image_digest, one.sample - place

    for _, places in groupby(range(len(requests)), key=question):
        yield list(places)


def _read(answer: ChatCompletion, wanted: int) -> list[Reply]:
    """The replies of a completion, in the order of its choices; at most as many as wanted."""
    choices = sorted(answer.choices or [], key=lambda choice: choice.index)[:wanted]
    served = " ".join(part for part in (answer.model, answer.system_fingerprint) if part)
    usage = answer.usage
    found: list[Reply] = []
    for place, choice in enumerate(choices):
        refused = getattr(choice.message, "refusal", None)
        # Usage is of the whole call: it stands with its first sample.
        counted = (usage.prompt_tokens, usage.completion_tokens) if usage and not place else (0, 0)
        text = choice.message.content or refused or ""
        if not isinstance(text, str):
            raise TypeError(f"the content of a choice is no text but {type(text).__name__}")
        finish = "refusal" if refused else str(choice.finish_reason or "stop")
        found.append(Reply(text, finish != "length", finish, served, *(int(number or 0) for number in counted)))
    return found


def data_url(path: str, max_pixels: int | None = None) -> str:
    """An image file as a data URL: its bytes as they are, or scaled down and as PNG.

    Raises:
        ImageUnreadable: it is missing or no image.
    """
    from PIL import Image

    try:
        payload = Path(path).read_bytes()
        with Image.open(io.BytesIO(payload)) as image:
            kind = _SHOWN.get(image.format or "")
            shrink = (max_pixels / (image.width * image.height)) ** 0.5 if max_pixels else 1.0
            if kind is None or shrink < 1:
                size = [max(1, int(side * min(1.0, shrink))) for side in image.size]
                buffer = io.BytesIO()
                image.convert("RGB").resize((size[0], size[1]), Image.Resampling.LANCZOS).save(buffer, "PNG")
                kind, payload = "image/png", buffer.getvalue()
    except (OSError, ValueError) as error:
        raise ImageUnreadable(f"{path} is not a readable image: {error}") from error
    return f"data:{kind};base64,{base64.b64encode(payload).decode()}"
