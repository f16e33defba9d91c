"""Four writers who do not know that their service is about to be killed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

import httpx

from ..mini import CONCEPTS
from ..services import Person
from .ledger import Decided, Edit, Ledger, Proposed, Published, Remark

_IDS = tuple(concept.id for concept in CONCEPTS)
# What a healthy service may say to one of several writers, and to one whose edit came too late.
_USUAL = frozenset({409, 412, 422, 503})


class _Refused(Exception):
    """The service said no; nothing was acknowledged."""


@dataclass(frozen=True)
class Hand:
    """One writer's hand: its person, its own randomness, and texts like no other."""

    person: Person
    reviewer: Person
    rng: random.Random
    ledger: Ledger
    name: str
    numbers: count

    def text(self) -> str:
        return f"{self.name}n{next(self.numbers)}"

    def taken(self, answer: httpx.Response) -> dict:
        """What the service says it has done.

        Raises:
            _Refused: it has not.
        """
        if answer.status_code in (200, 201, 202):
            return answer.json()
        if answer.status_code not in _USUAL:
            self.ledger.complain(f"{answer.request.method} {answer.request.url} gave {answer.status_code}")
        raise _Refused

    def propose(self, change: dict, message: str) -> dict:
        made = self.taken(self.person.propose(change, message=message))
        self.ledger.note(Proposed(made["number"], message))
        return made

    def accept(self, number: int, message: str, says: str = "") -> int:
        decided = self.taken(self.reviewer.review(number))
        self.ledger.note(Decided(number, decided["state"], decided["change"]))
        self.ledger.note(Edit(decided["change"], message, says))
        return decided["change"]


def reword(hand: Hand) -> None:
    """A light edit by `PUT`: another definition."""
    body, etag = hand.person.stated(hand.rng.choice(_IDS))
    text = hand.text()
    made = hand.taken(hand.person.put({**body, "definition": f"said by {text}"}, etag, text))
    hand.ledger.note(Edit(made["change"], text, f"said by {text}"))


def name(hand: Hand) -> None:
    """A light proposal: one synonym more."""
    body, _ = hand.person.stated(hand.rng.choice(_IDS))
    text = hand.text()
    labels = {"alt": [*body["altLabels"], text], "hidden": body["hiddenLabels"], "ambiguous": body["ambiguousLabels"]}
    made = hand.propose({"change": "set-labels", "concept": body["id"], **labels}, text)
    if made["change"] is not None:
        hand.ledger.note(Edit(made["change"], text, text))


def cycle(hand: Hand) -> None:
    """The long way: proposed, remarked on, and accepted, declined or accepted and taken back."""
    text = hand.text()
    entry = {"dataset": "torture", "label": text, "concepts": [hand.rng.choice(_IDS)]}
    number = hand.propose({"change": "put-crosswalk", "entry": entry}, text)["number"]
    fate = hand.rng.choice(("accept", "decline", "revert"))
    if fate == "decline":
        hand.taken(hand.person.post(f"/proposals/{number}/comments", {"text": text}))
        hand.ledger.note(Remark(number, text))
        decided = hand.taken(hand.reviewer.review(number, "decline", "not now"))
        hand.ledger.note(Decided(number, decided["state"], None))
        return
    seq = hand.accept(number, text, text)
    if fate == "revert":
        back = hand.taken(hand.person.revert(seq))
        hand.ledger.note(Proposed(back["number"], back["message"]))
        hand.accept(back["number"], back["message"])


def publish(hand: Hand) -> None:
    """A move back and forth of one concept, and a release."""
    text = hand.text()
    body, _ = hand.person.stated("blue-nevus")
    parent = "melanocytic-nevus" if body["parents"] == ["melanocytic-neoplasm"] else "melanocytic-neoplasm"
    made = hand.propose({"change": "move", "concept": "blue-nevus", "parents": [parent]}, text)
    hand.accept(made["number"], text, parent)
    row = hand.taken(hand.reviewer.publish())
    hand.ledger.note(Published(row["id"], row["seq"], row["digest"]))


WRITERS: Mapping[str, Callable[[Hand], None]] = {"reword": reword, "name": name, "cycle": cycle, "publish": publish}


def start_writers(url: str, tokens: Mapping[str, str], seed: str, ledger: Ledger) -> list[threading.Thread]:
    """One thread each; it ends with its service.

    Args:
        tokens: of the accounts `editor` (trusted) and `reviewer`.
        seed: makes the texts of these writers like no others.
    """
    threads = []
    for kind, write in WRITERS.items():
        people = Person(url, tokens["editor"]), Person(url, tokens["reviewer"])
        hand = Hand(*people, random.Random(f"{seed}{kind}"), ledger, f"{kind}{seed}", count())
        thread = threading.Thread(target=_until_killed, args=(write, hand), daemon=True)
        thread.start()
        threads.append(thread)
    return threads


def _until_killed(write: Callable[[Hand], None], hand: Hand) -> None:
    with hand.person, hand.reviewer:
        while True:
            try:
                write(hand)
            except _Refused:
                continue
            except httpx.TransportError:
                return
            except httpx.HTTPStatusError as error:
                hand.ledger.complain(f"{error.request.url} gave {error.response.status_code}")
                return
