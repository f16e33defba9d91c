"""serve, pull, export-snapshot: the service and its releases."""

from __future__ import annotations

import argparse
import json

from ..core.release import digest_of
from ..job import write_bytes
from .sources import settings, stored


def serve(given: argparse.Namespace) -> int:
    from ..serve import serve as run

    return run(settings(given), given.host, given.port, workers=given.workers)


def pull(given: argparse.Namespace) -> int:
    from ..client import pull as fetch

    payload = fetch(given.url, given.release, given.digest)
    write_bytes(given.out, payload)
    print(json.dumps({"digest": digest_of(payload), "path": str(given.out)}))
    return 0


def export_snapshot(given: argparse.Namespace) -> int:
    release, payload = stored(given.release, given)
    write_bytes(given.out, payload)
    print(json.dumps({"release": release, "digest": digest_of(payload), "path": str(given.out)}))
    return 0
