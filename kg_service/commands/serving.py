"""serve, pull, export-snapshot, admin token: the service and its releases."""

from __future__ import annotations

import argparse
import json
import sys

from ..core.release import digest_of
from ..job import write_bytes
from .sources import settings, stored


def serve(given: argparse.Namespace) -> int:
    from ..api.serve import serve as run

    return run(settings(given), given.host, given.port)


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


def token(given: argparse.Namespace) -> int:
    from datetime import UTC, datetime, timedelta

    from ..editorial.database import Database
    from ..editorial.tokens import issue_token

    lifetime = timedelta(days=given.days) if given.days else None
    database = Database(settings(given).url)
    print(issue_token(database, given.role, name=given.name or given.role, now=datetime.now(UTC), lifetime=lifetime))
    print("Keep it now: it is stored as a hash and cannot be shown again.", file=sys.stderr)
    return 0
