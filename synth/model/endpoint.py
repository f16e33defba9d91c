"""An OpenAI-compatible endpoint: asked once for each request, as fast as it bears, within the budget."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import random
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kg_service.core.errors import ConfigInvalid
from kg_service.job import write_json

from . import trouble
from .ask import Ask, BudgetSpent, Deferred, EndpointBroken, ModelFailed, Reply
from .batch import Outbox
from .limiter import START, Breaker, Limiter, Slot
from .purse import Estimate, Need, Purse
from .request import Requests, Words, read, writable
from .responses import Responses, Spent
from .settings import ModelSettings
from .thread import Thread
from .trouble import Trouble, Way

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI = "https://api.openai.com/v1"
GRACE = 60.0  # seconds that requests under way are given to end


class Endpoint:
    """Answers asks from the cache in `folder`, from the endpoint, or (mode "batch") in a later run.

    `submit` may be called from any thread and never waits for the network. The calls run on one background thread
    that starts with the first of them.

    Args:
        folder: holds `responses-*.jsonl`, `limiter.json` (the concurrency that was learned) and `batch/`.
        chance: the jitter between repetitions.

    Raises:
        ConfigInvalid: the settings name no model.
    """

    def __init__(self, settings: ModelSettings, folder: Path, *, chance: random.Random | None = None) -> None:
        if not settings.name:
            raise ConfigInvalid("model.name is empty; say which model is asked")
        self.settings = settings
        self.folder = folder
        self._chance = chance or random.Random()
        self._requests = Requests(settings)
        self._responses = Responses(folder, settings.price)
        self._purse = Purse(settings, self._responses)
        self._limiter = Limiter(
            settings.concurrency, self._learned(), (settings.requests_per_minute, settings.tokens_per_minute)
        )
        self._breaker = Breaker(settings.breaker_window, settings.breaker)
        self._outbox = Outbox(folder / "batch", self._responses) if settings.mode == "batch" else None
        self._flying: dict[str, Future[Reply]] = {}
        self._cached = 0
        self._broken: EndpointBroken | None = None
        self._lock = threading.Lock()
        self._thread = Thread("synth-model")
        self._client: AsyncOpenAI | None = None
        # Bound to the background loop by their first use in it.
        self._turnstile, self._freed = asyncio.Lock(), asyncio.Event()

    # -- the door ------------------------------------------------------------------------------------------------

    def submit(self, ask: Ask) -> Future[Reply]:
        """Ask. The future brings the reply, or raises what became of the request:

        ModelFailed: no usable answer, after all repetitions; this ask alone is lost.
        Deferred: it waits in a batch file.
        BudgetSpent, EndpointBroken: no more can be asked; the job ends.

        Raises:
            ImageUnreadable: the image of the ask is missing or no image.
            ConfigInvalid: something has to be asked of OpenAI, and the key is not set.
        """
        request = self._requests.hash(ask)
        with self._lock:
            if (under_way := self._flying.get(request)) is not None:
                return under_way
            self._responses.refresh()
            if (known := self._responses.find(request)) is not None:
                self._cached += 1
                return _ended(known)
            if self._broken is not None:
                return _ended(self._broken)
            if self._outbox is not None:
                return _ended(self._deferred(self._outbox, request, ask))
            if not self.settings.base_url and not self._key:
                raise ConfigInvalid(f"the environment variable {self.settings.key_env} (model.key_env) holds no key")
            future = self._flying[request] = Future()
        self._thread.start(self._deliver(request, ask, future))
        return future

    def estimate(self, asks: Iterable[Ask]) -> Estimate:
        """Calls, tokens and cost of what the cache does not hold. An estimate: nothing is counted by a tokenizer."""
        calls = tokens_in = 0
        known = self._responses
        for ask in asks:
            with self._lock:
                found = known.find(self._requests.hash(ask))
            if found is None:
                calls += 1
                tokens_in += self._requests.tokens(ask)
        length = known.tokens_out // known.calls if known.calls else self.settings.max_tokens // 2
        tokens_out = calls * length
        return Estimate(calls, tokens_in + tokens_out, self.settings.price(tokens_in, tokens_out))

    @property
    def spent(self) -> Spent:
        with self._lock:
            found = self._responses
            return Spent(found.calls, self._cached, found.tokens_in, found.tokens_out, found.cost)

    @property
    def concurrency(self) -> float:
        """How many requests at once the endpoint is trusted with now."""
        return self._limiter.limit

    def close(self) -> None:
        """Ask nothing more, and keep what is being answered: it is paid for. What takes longer than a while, or waits
        in the line, is given up, and its future says so."""
        with self._lock:
            self._broken = self._broken or EndpointBroken("the endpoint was closed while requests were under way")
            flying = list(self._flying.values())
        try:
            if flying:
                self._thread.start(self._wake())
                wait(flying, GRACE)
        finally:
            self._thread.stop(self._hang_up())
            self._end()

    def _end(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
        elif self._client is not None:
            write_json(self.folder / "limiter.json", {self._place: self._limiter.limit})
        self._responses.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one request ---------------------------------------------------------------------------------------------

    def _deferred(self, outbox: Outbox, request: str, ask: Ask) -> Exception:
        """Write a request into a batch file, once."""
        if not outbox.waits(request):
            need = self._purse.need(self._requests.tokens(ask))
            try:
                self._purse.fits(need, ever=False)
            except BudgetSpent as error:
                return error
            self._purse.hold(need)
            outbox.offer(request, self._requests.body(ask))
        return Deferred(f"{request} waits in {outbox.folder}", request)

    async def _deliver(self, request: str, ask: Ask, future: Future[Reply]) -> None:
        outcome: Reply | BaseException
        try:
            outcome = await self._answer(request, ask)
        except asyncio.CancelledError:
            outcome = self._broken or EndpointBroken("the request was cancelled")
        except Exception as error:
            outcome = error
        with self._lock:
            self._flying.pop(request, None)
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    async def _answer(self, request: str, ask: Ask) -> Reply:
        """Call until there is an answer."""
        body = self._requests.body(ask)
        need = self._purse.need(self._requests.tokens(ask))
        wrong = Trouble(Way.NEVER, "")
        for attempt in range(self.settings.retries + 1):
            slot = await self._enter(need)
            try:
                found = await self._call(body)
                if isinstance(found, Words):
                    return self._kept(request, found)
            finally:
                self._leave(need)
            wrong = found
            self._note(request, slot, wrong)
            if wrong.way is Way.NEVER:
                break
            if attempt < self.settings.retries:
                await asyncio.sleep(self._delay(attempt, wrong))
        raise ModelFailed(f"{wrong.reason} ({request})")

    async def _call(self, body: dict[str, Any]) -> Words | Trouble:
        try:
            client = self._opened()  # the first time it loads a library, which is not the server's time
            async with asyncio.timeout(self.settings.timeout):  # the client's own begins anew with every byte
                answer = await client.post("/chat/completions", body=body, cast_to=object)
        except Exception as error:
            wrong = trouble.of(error, datetime.now(UTC))
            return replace(wrong, reason=self._unsaid(wrong.reason))
        found = read(answer)
        return found if isinstance(found, Words) else Trouble(Way.AGAIN, self._unsaid(found))

    def _unsaid(self, reason: str) -> str:
        """A reason that may be kept: servers repeat what they were sent, the key too."""
        return writable(reason.replace(self._key, "(the key)") if self._key else reason)

    def _kept(self, request: str, words: Words) -> Reply:
        cost = self.settings.price(words.tokens_in, words.tokens_out, words.tokens_cached)
        with self._lock:
            self._responses.add(request, words, cost)
        self._limiter.good()
        self._breaker.note(True)
        return Reply(words.text, words.finish, request, words.tokens_in, words.tokens_out, cost)

    def _note(self, request: str, slot: Slot, wrong: Trouble) -> None:
        """Learn from a failed call.

        Raises:
            EndpointBroken: nothing more can be asked.
        """
        with self._lock:
            self._responses.fail(request, wrong.reason)
        if wrong.way is Way.SLOWER:
            self._limiter.overloaded(slot, time.monotonic(), min(wrong.pause, self.settings.longest_wait))
        elif wrong.way is Way.STOP:
            self._break(
                f"{self._place} refuses: {wrong.reason}. Look at base_url, {self.settings.key_env} and the account. "
            )
        elif self._breaker.note(False):
            self._break(f"{self._place} fails too often, last with: {wrong.reason}. ")
        if self._broken:
            raise self._broken

    def _break(self, why: str) -> None:
        self._broken = self._broken or EndpointBroken(f"{why}The same command continues from here.")
        self._freed.set()

    def _delay(self, attempt: int, wrong: Trouble) -> float:
        """Seconds before the next repetition: what the server asked for, else exponential with jitter."""
        if wrong.way is Way.SLOWER and wrong.pause:
            return 0.0  # the limiter holds everybody back
        most = min(self.settings.longest_wait, self.settings.backoff * 2**attempt)
        return max(most * self._chance.uniform(0.5, 1.0), min(wrong.pause, self.settings.longest_wait))

    # -- the line before the door --------------------------------------------------------------------------------

    async def _enter(self, need: Need) -> Slot:
        """Wait for a place, first come first served.

        Raises:
            EndpointBroken, BudgetSpent: nothing more can be asked.
        """
        async with self._turnstile:
            while True:
                if self._broken is not None:
                    raise self._broken
                self._freed.clear()
                wait = self._limiter.wait(time.monotonic(), need.tokens)
                if not wait and not self._purse.fits(need):
                    wait = math.inf
                if not wait:
                    self._purse.hold(need)
                    return self._limiter.start(time.monotonic(), need.tokens)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), None if wait == math.inf else wait)

    async def _wake(self) -> None:
        """Let the line see that the endpoint is closed."""
        self._freed.set()

    def _leave(self, need: Need) -> None:
        self._limiter.done()
        self._purse.release(need)
        self._freed.set()

    # -- the line itself -----------------------------------------------------------------------------------------

    def _opened(self) -> AsyncOpenAI:
        if self._client is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            self._client = AsyncOpenAI(
                # Servers of one's own ask for no key, and the client insists on one.
                api_key=self._key or "none",
                base_url=self.settings.base_url or OPENAI,  # whatever the environment says: the manifest would not
                timeout=self.settings.timeout,
                max_retries=0,
                http_client=DefaultAsyncHttpxClient(follow_redirects=False),
            )
        return self._client

    @property
    def _key(self) -> str:
        return os.environ.get(self.settings.key_env, "").strip()  # files of keys end with a newline

    async def _hang_up(self) -> None:
        if self._client is not None:
            await self._client.close()

    @property
    def _place(self) -> str:
        return f"{self.settings.name} at {self.settings.base_url or 'OpenAI'}"

    def _learned(self) -> float:
        """The concurrency an earlier run ended with."""
        try:
            return float(json.loads((self.folder / "limiter.json").read_text())[self._place])
        except (OSError, ValueError, KeyError, TypeError):
            return START


def _ended(outcome: Reply | Exception) -> Future[Reply]:
    future: Future[Reply] = Future()
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future
