"""What a service has acknowledged: all of it must outlive whatever happens next."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the log. `message` is like no other; `says` is a text that one of its statements holds."""

    seq: int
    message: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal in review, found again by its unique message."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A proposal accepted (`change` says as what) or declined."""

    number: int
    state: str
    change: int | None


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a proposal."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Published:
    """A release."""

    id: str
    seq: int
    digest: str


Acknowledged = Edit | Proposed | Decided | Remark | Published


@dataclass
class Ledger:
    """Written by several threads. `defects` are answers that no service should give, killed or not."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: Acknowledged) -> None:
        with self._lock:
            self.acknowledged.append(what)

    def complain(self, defect: str) -> None:
        with self._lock:
            self.defects.append(defect)

    def all(self, kind: type) -> list:
        return [each for each in self.acknowledged if isinstance(each, kind)]
