"""What every job shares: run directories, manifests, configurations, and JSONL that survives kill -9.

A run directory is the whole state of a run: resuming means starting the same command again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import IO, Any, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from .core.errors import (
    ConfigInvalid,
    DigestMismatch,
    FeedUnavailable,
    KnowledgeInvalid,
    KnowledgeUnavailable,
    RecordInvalid,
    SkinR1Error,
    StorageUnavailable,
    UnknownRelease,
)

# What a shell sees (README, ARCHITECTURE): 0 fine, 1 findings, 2 usage or configuration, 3 knowledge unavailable or
# another than asked for. 130 is what a shell itself reports after Ctrl-C.
_UNAVAILABLE = (KnowledgeUnavailable, StorageUnavailable, FeedUnavailable, DigestMismatch, UnknownRelease)

Record = TypeVar("Record")
Config = TypeVar("Config", bound=BaseModel)


def exit_code(action: Callable[[], int]) -> int:
    """Run one verb of a command line; what it raises on purpose becomes one line on stderr and an exit code."""
    try:
        return action()
    except SkinR1Error as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        if isinstance(error, KnowledgeInvalid):
            return 1
        return 3 if isinstance(error, _UNAVAILABLE) else 2
    except OSError as error:  # a full disk, a folder that may not be written, a file where a folder should be
        print(f"os-error: {error}; put it right, and the same command continues from here", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command continues from here", file=sys.stderr)
        return 130


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def dump_record(record: object) -> str:
    """One JSON line, keys in field order, without the newline."""
    if is_dataclass(record) and not isinstance(record, type):
        return _adapter(type(record)).dump_json(record).decode()
    return json.dumps(record, ensure_ascii=False)


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: a reader never sees half of it, also after a power cut."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, payload: bytes) -> None:
    """`write_text` for bytes."""
    with whole_file(path) as file:
        file.write(payload)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """`write_text` for what is too large to lie in memory: a file that appears when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")  # writers may race for one file
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def write_jsonl(path: Path, records: Iterable[object]) -> None:
    """Write all records at once, atomically."""
    write_text(path, "".join(dump_record(record) + "\n" for record in records))


def read_jsonl(path: Path, cls: type[Record]) -> Iterator[Record]:
    """The records of a finished file. A broken line is an error that names file and line.

    Raises:
        RecordInvalid: a line is not a `cls`, or the file is missing.
    """
    if not path.is_file():
        raise RecordInvalid(f"{path} does not exist; run the job that writes it first")
    adapter = _adapter(cls)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield adapter.validate_json(line)
            except ValidationError as error:
                problem = error.errors(include_url=False, include_context=False)[0]
                where = ".".join(str(part) for part in problem["loc"]) or "the line"
                raise RecordInvalid(
                    f"{path}, line {number}: {where}: {problem['msg']}. "
                    "If a job was killed while writing it, start that job again; it mends its own files."
                ) from error


class Journal:
    """An append-only JSONL file for a job that may be killed at any moment.

    Opening it drops a torn last line (the only damage an append can suffer). `rows` are those already done, `ends` the
    byte in the file at which each of them ends.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows: list[dict[str, Any]] = []
        self.ends: list[int] = []
        whole = 0
        if path.exists():
            payload = path.read_bytes()
            for line in payload.splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break
                try:
                    self.rows.append(json.loads(line))
                except ValueError as error:
                    if whole + len(line) < len(payload):
                        raise RecordInvalid(
                            f"{path}: byte {whole} starts a line that is not JSON, and it is not the last one. "
                            "The file was edited or the disk is failing; delete it to start this job afresh."
                        ) from error
                    break
                whole += len(line)
                self.ends.append(whole)
        self._file: IO[bytes] = path.open("ab")
        self._file.truncate(whole)
        self._end = whole

    def append(self, record: object) -> None:
        """Add one row; it is in the kernel's hands when this returns, so a killed process loses nothing."""
        self.append_line(dump_record(record).encode())

    def append_line(self, line: bytes) -> int:
        """`append` for a row that is JSON already. Returns the byte at which it ends, its newline included."""
        self._file.write(line + b"\n")
        self._file.flush()
        self._end += len(line) + 1
        return self._end

    def sync(self) -> None:
        """Wait until all rows would survive a power cut too."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def load_config(cls: type[Config], path: Path | None, overrides: Iterable[str] = ()) -> Config:
    """Read a TOML file, apply `a.b=value` overrides (values in TOML syntax, bare words as strings), validate.

    Raises:
        ConfigInvalid: the file does not parse, a key is unknown or a value has the wrong type.
    """
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigInvalid(f"{path}: {error}") from error
    for override in overrides:
        key, sign, text = override.partition("=")
        if not sign:
            raise ConfigInvalid(f"--set {override!r}: write it as key=value, for example --set sft.seed=1")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        *parents, last = key.strip().split(".")
        table = raw
        for name in parents:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise ConfigInvalid(f"--set {override!r}: {name} is a value, not a table that holds {last}")
        table[last] = value
    try:
        return cls.model_validate(raw)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)]
        raise ConfigInvalid(f"{path or 'the configuration'}:\n  - " + "\n  - ".join(lines)) from error


def endpoint_address(url: str) -> str:
    """The address of a model's endpoint in a configuration, or nothing for the provider's own. For pydantic validators.

    Raises:
        ValueError: it is no HTTP address, or could hold a secret, which a manifest would tell everybody.
    """
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must begin with http:// or https:// and a host")
    if "@" in parts.netloc or parts.query:
        raise ValueError("must hold no name, password or query: it is written into manifests. Use key_env")
    return url


def file_digest(path: Path) -> str:
    """`sha256:…` of a file."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()


def _versions() -> dict[str, str]:
    named = ("networkx", "numpy", "torch", "transformers", "trl", "peft", "datasets", "accelerate", "scikit-learn",
             "openai", "pillow", "pyarrow", "pypdfium2", "ray")  # fmt: skip
    found = {"python": platform.python_version()}
    for name in named:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def write_manifest(
    run_dir: Path,
    *,
    job: str,
    config: BaseModel,
    release: str,
    digest: str,
    spec_digest: str = "",
    inputs: Iterable[Path] = (),
    extra: dict[str, Any] | None = None,
) -> None:
    """Leave `manifest.json`: what was run, on which knowledge, by which code, from which inputs."""
    manifest = {
        "job": job,
        "argv": sys.argv[1:],
        "config": config.model_dump(mode="json"),
        "release": release,
        "digest": digest,
        "spec_digest": spec_digest,
        "commit": _commit(),
        "versions": _versions(),
        "inputs": {str(path): file_digest(path) for path in inputs},
        **(extra or {}),
    }
    write_json(run_dir / "manifest.json", manifest)
