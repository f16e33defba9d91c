"""Other people's files that pages load: named, pinned and verified in `static/vendor/vendored.json`.

`python -m kg_service.web.vendor` fetches them anew, for maintainers with npm: raise a version and its `integrity` (as
`npm view NAME@VERSION dist.integrity` says) in that file first. Nobody else needs Node.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..core.errors import DigestMismatch
from .assets import STATIC

FOLDER = STATIC / "vendor"
_LIST = "vendored.json"


@dataclass(frozen=True)
class Vendored:
    """One file of an npm package.

    Args:
        file: its name here.
        source: where it lies in the package.
        integrity: of the whole package, as npm writes it.
        licence: the package's, by its SPDX name; its text is in `licence_file`, which is vendored too.
    """

    name: str
    version: str
    integrity: str
    file: str
    source: str
    sha256: str
    licence: str
    licence_file: str


def vendored(folder: Path = FOLDER) -> list[Vendored]:
    """What is vendored."""
    return [Vendored(**each) for each in json.loads((folder / _LIST).read_text(encoding="utf-8"))]


def faults(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files: missing, altered, without its licence, or in no list."""
    listed = {each.file: each for each in vendored(folder)}
    found = []
    for file, each in listed.items():
        path = folder / file
        if not path.is_file():
            found.append(f"{file} is missing")
        elif _sha256(path.read_bytes()) != each.sha256:
            found.append(f"{file} is not what {each.name} {each.version} holds")
        if each.licence_file not in listed:
            found.append(f"{file} has no licence beside it")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found + [f"{file} is in no list" for file in sorted(there - listed.keys() - {_LIST})]


def refresh(folder: Path = FOLDER) -> None:
    """Fetch every package and write its files, and what they hash to, anew.

    Raises:
        DigestMismatch: a package is not the one that the list pins.
    """
    listed = vendored(folder)
    packages = {(each.name, each.version): each.integrity for each in listed}
    written: dict[str, str] = {}
    for (name, version), integrity in packages.items():
        files = {each.source: each.file for each in listed if (each.name, each.version) == (name, version)}
        for source, content in _unpacked(name, version, integrity, files).items():
            (folder / files[source]).write_bytes(content)
            written[files[source]] = _sha256(content)
    now = [asdict(replace(each, sha256=written[each.file])) for each in listed]
    (folder / _LIST).write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")


def _unpacked(name: str, version: str, integrity: str, wanted: dict[str, str]) -> dict[str, bytes]:
    """The wanted files of a package, once the package as a whole is what it should be."""
    with TemporaryDirectory(prefix="skin-r1-vendor-") as place:
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=place, check=True)
        [packed] = Path(place).glob("*.tgz")
        is_ = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if is_ != integrity:
            raise DigestMismatch(f"{name} {version} is {is_}, and {integrity} was expected")
        with tarfile.open(packed) as archive:
            found = {source: archive.extractfile(f"package/{source}") for source in wanted}
            return {source: file.read() for source, file in found.items() if file is not None}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    refresh()
    for fault in faults():
        print(fault, file=sys.stderr)
    sys.exit(1 if faults() else 0)
