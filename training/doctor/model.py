"""Whether the model can be had, and whether the server that generates for it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
from huggingface_hub.constants import HF_HUB_OFFLINE

from ..model import load_processor
from ..plan.commands import serve
from ..plan.parameters import Weights
from ..settings import ModelSource
from ..weights import at_home
from .finding import Finding

NAME = re.compile(r"(?!runs/)[\w.-]+/[\w.-]+")  # of a model on the hub; run directories lie in runs/
WEIGHTS = ("*.safetensors", "*.bin")


def model(source: ModelSource) -> Iterator[Finding]:
    """A folder, or a name that the hub's cache holds: with weights, and a processor that loads."""
    home = at_home(source.path)
    if home is None:
        if not NAME.fullmatch(source.path):
            says = f"{source.path or 'model.path'} does not exist; run the stage that leaves it, or name another"
            yield Finding("model", "fail", says)
        elif HF_HUB_OFFLINE:
            yield Finding("model", "fail", f"not in the hub's cache, and the hub is off: hf download {source.path}")
        else:
            yield Finding("model", "warn", f"not here yet, will be downloaded: hf download {source.path}")
        return
    if not any(found for pattern in WEIGHTS for found in home.glob(pattern)):
        yield Finding("model", "fail", f"{home} holds no weights (*.safetensors)")
        return
    try:
        load_processor(home, max_pixels=source.max_pixels)
    except (OSError, ValueError, KeyError) as error:
        yield Finding("processor", "fail", f"{home}: {error}")
        return
    yield Finding("model", "ok", f"{home}, weights and processor")


def counted(weights: Weights) -> Finding:
    """What is trained, or that nothing is."""
    if not weights.trainable:
        return Finding("trained", "fail", "the adapter's targets match no layer; see lora.targets")
    share = weights.trainable / weights.total
    what = weights.adapter or "all weights"
    return Finding("trained", "ok", f"{what}: {weights.trainable:,} of {weights.total:,} ({share:.2%})")


def server(args: Any, source: ModelSource) -> Iterator[Finding]:
    """vLLM's server as TRL will meet it: it answers, serves this model, and lets its weights be changed."""
    url = (args.vllm_server_base_url or f"http://{args.vllm_server_host}:{args.vllm_server_port}").rstrip("/")
    start = f"start it: {serve(source.path, source.max_pixels)}"
    try:
        with httpx.Client(base_url=url, timeout=5.0) as client:
            healthy = client.get("/health").status_code == httpx.codes.OK
            names = [entry["id"] for entry in client.get("/v1/models").json()["data"]] if healthy else []
            open_ = client.get("/server_info", params={"config_format": "json"}).status_code == httpx.codes.OK
    except (httpx.HTTPError, ValueError, KeyError) as error:
        yield Finding("vllm", "fail", f"{url} does not answer as vLLM ({type(error).__name__}); {start}")
        return
    if not healthy:
        yield Finding("vllm", "fail", f"{url} is not ready yet; its log says why")
    elif not open_:
        yield Finding("vllm", "fail", f"{url} does not let its weights be changed; {start}")
    elif source.path not in names:
        yield Finding(
            "vllm", "warn", f"{url} serves {', '.join(names)}, not {source.path}; the prompt's tokens must agree"
        )
    else:
        yield Finding("vllm", "ok", f"{url} serves {source.path}")
