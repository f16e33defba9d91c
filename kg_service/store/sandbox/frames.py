"""How service, keeper and children talk: frames of a JSON head and bytes over a Unix socket."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_LENGTHS = struct.Struct("!II")


def send(to: socket.socket, head: dict[str, Any], body: bytes = b"", *, descriptor: int | None = None) -> None:
    """Write one frame; a descriptor travels with its first bytes.

    Raises:
        OSError: the other side has gone.
    """
    packed = json.dumps(head).encode()
    lengths = _LENGTHS.pack(len(packed), len(body))
    if descriptor is None:
        to.sendall(lengths)
    else:
        socket.send_fds(to, [lengths], [descriptor])
    to.sendall(packed)
    to.sendall(body)


def receive(source: socket.socket) -> tuple[dict[str, Any], bytes, int | None] | None:
    """Read one frame: head, body and the descriptor that came with it. None where the other side has closed.

    Raises:
        OSError: the connection broke, or the time set on the socket is over.
    """
    first, descriptors, _, _ = socket.recv_fds(source, _LENGTHS.size, 1)
    rest = _exactly(source, _LENGTHS.size - len(first)) if first else None
    if rest is None:
        return None
    head_length, body_length = _LENGTHS.unpack(first + rest)
    head, body = _exactly(source, head_length), _exactly(source, body_length)
    if head is None or body is None:
        return None
    return json.loads(head), body, descriptors[0] if descriptors else None


def _exactly(source: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = source.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)
