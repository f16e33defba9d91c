"""A desk in the middle of its work: what two editors and a reviewer did to the shipped knowledge. Always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from .people import Desk

# How many images the published datasets have of each of their labels, and labels as other collections word them.
DATASETS = {
    "ham10000": {"nv": 6705, "mel": 1113, "bkl": 1099, "bcc": 514, "akiec": 327, "vasc": 142, "df": 115},
    "pad-ufes-20": {"BCC": 845, "ACK": 730, "NEV": 244, "SEK": 235, "SCC": 192, "MEL": 52},
    "clinic-archive": {"Bowens disease": 61, "nodular bcc": 212, "seb keratosis": 340, "blue naevus, cellular": 18},
}
UNMAPPED = {
    "clinic-archive": [
        ("seb. keratosis (irritated)", 214, "unknown"),
        ("pigmented bowen", 37, "unknown"),
        ("melanocytic lesion, uncertain", 128, "hedged"),
        ("healthy skin", 455, "unknown"),
        ("acne and rosacea", 93, "unknown"),
        ("melanomma", 12, "unknown"),
        ("squamous lesion", 58, "unknown"),
        ("benign tumour", 164, "unknown"),
    ],
    "dermnet23": [
        ("Warts Molluscum and other Viral Infections", 1086, "unknown"),
        ("Psoriasis pictures Lichen Planus and related diseases", 1405, "unknown"),
        ("Light Diseases and Disorders of Pigmentation", 568, "unknown"),
    ],
    "teaching-slides": [("pigmented benign keratosis", 44, "unknown"), ("keratosis", 25, "unknown")],
}


@dataclass(frozen=True)
class Story:
    """Where to find in the story what a screen needs.

    Args:
        open: proposal numbers by what they propose.
        taken_back: the change that an open proposal would take back.
        invitation: the address of the page where somebody new sets a password.
    """

    open: dict[str, int]
    declined: int
    accepted: int
    change: int
    taken_back: int
    release: str
    invitation: str


class _Person:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, f"/v1{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def propose(self, message: str, *changes: dict[str, Any]) -> int:
        return self.ask("POST", "/proposals", {"changes": changes, "message": message})["number"]

    def accept(self, number: int, reason: str = "") -> int:
        return self.ask("POST", f"/proposals/{number}/review", {"verdict": "accept", "reason": reason})["change"]

    def take_back(self, change: int, message: str) -> int:
        return self.ask("POST", f"/changes/{change}/revert", {"message": message})["number"]

    def remark(self, number: int, text: str) -> None:
        self.ask("POST", f"/proposals/{number}/comments", {"text": text})

    def with_synonym(self, concept: str, *more: str) -> dict[str, Any]:
        """The change that gives a concept further synonyms."""
        now = self.ask("GET", f"/draft/concepts/{concept}")
        alt = [*now["altLabels"], *more]
        labels = {"hidden": now["hiddenLabels"], "ambiguous": now["ambiguousLabels"]}
        return {"change": "set-labels", "concept": concept, "alt": alt, **labels}

    def with_definition(self, concept: str, text: str) -> dict[str, Any]:
        now = self.ask("GET", f"/draft/concepts/{concept}")
        kept = {name: now[name] for name in ("exactMatch", "closeMatch", "source", "reviewStatus")}
        return {"change": "describe", "concept": concept, "definition": text, **kept}


def tell(desk: Desk) -> Story:
    """Let everything happen. Ana and Emil edit (Emil is trusted), Bob reviews and publishes."""
    emil_http = desk.http("emil", trusted=True)
    ana, emil, bob = (_Person(http) for http in (desk.http("ana"), emil_http, desk.http("bob", "reviewer")))
    for name, labels in DATASETS.items():
        bob.ask("PUT", f"/datasets/{name}/labels", {"labels": labels})
    for dataset, rows in UNMAPPED.items():
        items = [{"dataset": dataset, "label": label, "images": n, "reason": why} for label, n, why in rows]
        bob.ask("POST", "/unmapped", {"job": f"reading of {dataset}", "items": items})
    accepted, release = _released(ana, emil, bob)
    change, taken_back = _since(ana, emil, bob)
    declined = ana.propose(
        "Residents look for it there.",
        {"change": "move", "concept": "melanoma-in-situ", "parents": ["melanoma"]},
    )
    ana.remark(declined, "It would be found at once beneath melanoma.")
    reason = "In situ forms stand beside melanoma, not beneath it: its definition says so."
    bob.ask("POST", f"/proposals/{declined}/review", {"verdict": "decline", "reason": reason})
    carla = _Person(desk.http("carla", "admin"))
    invited = carla.ask("POST", "/accounts", {"name": "dora", "role": "editor"})["invitation"]["link"]
    return Story(_open(ana, emil, bob, taken_back), declined, accepted, change, taken_back, release, invited)


def _released(ana: _Person, emil: _Person, bob: _Person) -> tuple[int, str]:
    """What is in the second release."""
    emil.propose("The clinic writes it so.", emil.with_synonym("seborrheic-keratosis", "keratosis seborrhoica senilis"))
    new = {
        "id": "keloidal-dermatofibroma",
        "prefLabel": "keloidal dermatofibroma",
        "parents": ["dermatofibroma"],
        "condition": "benign",
        "definition": "Dermatofibroma with keloid-like collagen.",
    }
    number = ana.propose("Our archive has it as a diagnosis of its own.", {"change": "put-concept", "concept": new})
    bob.remark(number, "Agreed. Please add what tells it from a keloid next.")
    ana.remark(number, "I will.")
    bob.accept(number, "As discussed.")
    bob.accept(
        ana.propose(
            "Scale speaks for Bowen disease.",
            {
                "change": "put-differential",
                "differential": {
                    "a": "bowen-disease",
                    "b": "seborrheic-keratosis",
                    "strength": "moderate",
                    "features": ["glomerular-vessels", "milia-like-cysts", "scale", "stuck-on"],
                },
            },
        )
    )
    notes = "Keloidal dermatofibroma is new. Scale now helps to tell Bowen disease from seborrheic keratosis."
    bob.ask("POST", "/releases", {"name": "2026.2", "notes": notes})
    return number, "2026.2"


def _since(ana: _Person, emil: _Person, bob: _Person) -> tuple[int, int]:
    """What was accepted since: the draft."""
    text = "Squamous cell carcinoma in situ of the skin: a slowly growing, scaly, sharply bordered red plaque."
    emil.propose("Say where it is.", emil.with_definition("bowen-disease", text))
    parents = ["seborrheic-keratosis", "benign-keratosis"]
    change = bob.accept(
        ana.propose(
            "Many are regressing seborrheic keratoses.",
            {"change": "move", "concept": "lichen-planus-like-keratosis", "parents": parents},
        )
    )
    merge = {"change": "merge", "concept": "vulvar-seborrheic-keratosis", "into": "seborrheic-keratosis"}
    taken_back = bob.accept(emil.propose("A site, not a disease.", merge))
    return change, taken_back


def _open(ana: _Person, emil: _Person, bob: _Person, taken_back: int) -> dict[str, int]:
    """What waits for a reviewer."""
    edge = {
        "a": "basal-cell-carcinoma",
        "b": "seborrheic-keratosis",
        "strength": "strong",
        "features": ["arborizing-vessels", "comedo-like-openings", "milia-like-cysts", "stuck-on", "pearly"],
    }
    new = {
        "id": "verrucous-bowen-disease",
        "prefLabel": "verrucous Bowen disease",
        "parents": ["bowen-disease"],
        "condition": "precancerous or in situ",
        "definition": "Bowen disease with a warty surface.",
    }
    found = {
        "synonym": ana.propose("As pathologists write it.", ana.with_synonym("basal-cell-carcinoma", "BCC of skin")),
        "move": ana.propose(
            "Group them with the tumours of the same line.",
            {
                "change": "move",
                "concept": "actinic-keratosis-and-intraepithelial-carcinoma",
                "parents": ["skin-cancer"],
            },
        ),
        "differential": ana.propose("The pearly sheen helps.", {"change": "put-differential", "differential": edge}),
        "new": emil.propose("Often asked for.", {"change": "put-concept", "concept": new}),
        "merge": emil.propose(
            "Nobody tells them apart on a picture.",
            {"change": "merge", "concept": "tar-keratosis", "into": "arsenical-keratosis"},
        ),
        "condition": ana.propose(
            "Said in the tumour board.",
            {"change": "set-condition", "concept": "bowenoid-actinic-keratosis", "condition": "malignant"},
        ),
        "revert": ana.take_back(taken_back, "The site changes what it is taken for."),
    }
    bob.remark(found["move"], "This moves what 1,118 images are taught. Is the group not wider than skin cancer?")
    ana.remark(found["move"], "It is. Let us look at it together on Thursday.")
    return found
