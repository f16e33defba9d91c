"""Features: what they are, who has them, editing them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.bearing import bearers, decided, shown
from ...core.change import Change, PutFeature, RemoveFeature
from ...core.concept import REVIEWED, UNREVIEWED, Feature, FeatureKind, Polarity
from ...core.errors import NothingChanged, RequestInvalid
from ...core.evidence import attested
from ...core.knowledge import Knowledge
from ...exchange.wording import short_id
from ...wire import MAX_QUERY
from ..drafting import on_draft
from ..finding import find_features
from ..forms import FormNow, field, lines, one_line
from ..page import is_htmx, pages, render
from ..proposing import base_of, propose
from ..scene import EditorScene, Scene, SceneNow

router = pages()

_NEW = Feature("", "", FeatureKind.MORPHOLOGY)


@router.get("/features")
def features(scene: SceneNow, q: Annotated[str, Query(max_length=MAX_QUERY)] = "") -> Response:
    """All features by kind, or those whose name holds some words."""
    know = scene.know
    if q.strip():
        listed = [know.features[found.id] for found in find_features(know, q, len(know.features))]
    else:
        listed = sorted(know.features.values(), key=lambda feature: feature.pref_label.casefold())
    by_kind = [(kind, [each for each in listed if each.kind is kind]) for kind in FeatureKind]
    template = "_features.html" if is_htmx(scene.request) else "features.html"
    return render(
        scene, template, q=q, total=len(listed), by_kind=[(k, found) for k, found in by_kind if found], seen=shown(know)
    )


@router.get("/f/new")
def new(scene: EditorScene) -> Response:
    """The form of a feature to be."""
    return _form(on_draft(scene), _NEW, "/f/new")


@router.post("/f/new")
def add(scene: EditorScene, form: FormNow) -> Response:
    """Propose a new feature."""
    scene = on_draft(scene)
    label = field(form, "label")
    if not label:
        raise RequestInvalid("give the feature a name")
    content = scene.desk.draft().content
    feature = _said(form, short_id(label, content.features))
    return _propose(scene, form, PutFeature(feature), "/features")


@router.get("/f/{id}")
def feature(scene: SceneNow, id: str) -> Response:
    """One feature, the diseases that have it and the differentials it decides."""
    know = scene.know
    return render(
        scene,
        "feature.html",
        feature=know.feature(id),
        found=bearers(know, id),
        polarities=tuple(Polarity),
        edges=sorted(decided(know, id), key=lambda edge: (know.label(edge.a), know.label(edge.b))),
    )


@router.get("/f/{id}/edit")
def edit(scene: EditorScene, id: str) -> Response:
    """The form of a feature."""
    scene = on_draft(scene)
    return _form(scene, scene.desk.draft().knowledge.feature(id), f"/f/{id}/edit")


@router.post("/f/{id}/edit")
def send(scene: EditorScene, id: str, form: FormNow) -> Response:
    """Propose what the form says."""
    scene = on_draft(scene)
    was = scene.desk.draft().knowledge.feature(id)
    made = _said(form, id, was)
    if made == was:
        raise NothingChanged("the form says what stands there already")
    return _propose(scene, form, PutFeature(made), f"/f/{id}")


@router.post("/f/{id}/remove")
def remove(scene: EditorScene, id: str, form: FormNow) -> Response:
    """Propose to take a feature away that nothing uses.

    Raises:
        RequestInvalid: profiles or differentials name it.
    """
    scene = on_draft(scene)
    know = scene.desk.draft().knowledge
    know.feature(id)
    if _uses(know, id):
        raise RequestInvalid("diseases or differentials still name this feature; take it out of them first")
    return _propose(scene, form, RemoveFeature(id), "/features")


def _form(scene: Scene, feature: Feature, action: str) -> Response:
    draft = scene.desk.draft()
    uses = _uses(draft.knowledge, feature.id) if feature.id else 0
    return render(
        scene,
        "feature_edit.html",
        feature=feature,
        action=action,
        base=draft.seq,
        kinds=tuple(FeatureKind),
        statuses=(UNREVIEWED, REVIEWED),
        uses=uses,
    )


def _said(form: FormNow, id_: str, was: Feature = _NEW) -> Feature:
    label = one_line(field(form, "label"))
    if not label:
        raise RequestInvalid("give the feature a name")
    try:
        kind = FeatureKind(field(form, "kind"))
    except ValueError:
        raise RequestInvalid("choose what the feature describes") from None
    alt = tuple(dict.fromkeys(name for line in lines(field(form, "alt")) if (name := one_line(line)) != label))
    source, status = attested(
        field(form, "source"), owed=bool(field(form, "owed")), reviewed=field(form, "status") == REVIEWED
    )
    # Synonyms have no order of their own: the same ones typed in another order are no edit.
    alt = was.alt_labels if set(alt) == set(was.alt_labels) else alt
    return Feature(id_, label, kind, alt, field(form, "definition"), was.close_match, source, status)


def _uses(know: Knowledge, id_: str) -> int:
    found = bearers(know, id_)
    return sum(map(len, found.stated.values())) + len(decided(know, id_))


def _propose(scene: Scene, form: FormNow, change: Change, then: str) -> Response:
    return propose(scene, [change], message=field(form, "message"), base=base_of(form), then=then)
