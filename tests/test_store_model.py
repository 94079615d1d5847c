"""The store against a plain model: whatever is done, every revision reads as the model says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from annelid.errors import Conflict
from annelid.image import ImageRef, View
from annelid.objects import Objects
from annelid.store import Store
from annelid.store.changes import ChangeSet

VIEWS = ("a", "b")
LABELS = ("cell", "nucleus", "dust")
IDS = tuple("uvwxyz")
Content = dict[str, tuple[str, float]]  # object id -> label, x


def to_objects(content: Content) -> Objects:
    boxes = [[x, 0, x + 1, 1] for _, x in content.values()]
    return Objects.from_boxes(boxes, [label for label, _ in content.values()], ids=list(content))


def to_content(objects: Objects) -> Content:
    return {
        str(id_): (str(label), float(box[0]))
        for id_, label, box in zip(objects.ids, objects.labels, objects.boxes_xyxy, strict=True)
    }


contents = st.dictionaries(
    st.sampled_from(IDS), st.tuples(st.sampled_from(LABELS), st.integers(0, 2).map(float)), max_size=4
)
views = st.sampled_from(VIEWS)


class StoreMachine(RuleBasedStateMachine):
    """Revisions of two views, as a list of dicts each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.create(Path(self.folder.name) / "annelid.db")
        self.store.add_images([View(ImageRef(view, (f"{view}.png",), (9, 9))) for view in VIEWS])
        self.model: dict[str, list[Content]] = {view: [{}] for view in VIEWS}
        self.places: dict[str, dict[str, int]] = {view: {} for view in VIEWS}
        self.written: dict[str, dict[str, int]] = {view: {} for view in VIEWS}
        self.clock = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def expect(self, view: str, content: Content, revision: int, sent: Iterable[str] | None = None) -> None:
        """The store answered with a revision; note what must be in it."""
        history, content = self.model[view], self.ordered(view, content, content if sent is None else sent)
        if content != history[-1] or list(content) != list(history[-1]):
            history.append(content)
        assert revision == len(history) - 1

    def ordered(self, view: str, content: Content, sent: Iterable[str]) -> Content:
        """The content as the store orders it: by the first place of each object, then by what was written last."""
        now, places, written = self.model[view][-1], self.places[view], self.written[view]
        last = max((places[id_] for id_ in now), default=-1) + 1
        changed = [id_ for id_ in sent if now.get(id_) != content[id_]]
        places |= {id_: last + n for n, id_ in enumerate(id_ for id_ in changed if id_ not in places)}
        for id_ in changed:
            written[id_] = self.clock = self.clock + 1
        return dict(sorted(content.items(), key=lambda item: (places[item[0]], written[item[0]])))

    @rule(view=views, upsert=contents, removed=st.sets(st.sampled_from(IDS), max_size=2))
    def save(self, view: str, upsert: Content, removed: set[str]) -> None:
        removed -= upsert.keys()
        now = self.model[view][-1]
        change = ChangeSet(len(self.model[view]) - 1, to_objects(upsert), tuple(sorted(removed)))
        expected = {id_: value for id_, value in {**now, **upsert}.items() if id_ not in removed}
        self.expect(view, expected, self.store.save(view, change), upsert)

    @precondition(lambda self: max(map(len, self.model.values())) > 1)
    @rule(view=views, back=st.integers(1, 4), upsert=contents, removed=st.sets(st.sampled_from(IDS), max_size=1))
    def save_on_an_old_base(self, view: str, back: int, upsert: Content, removed: set[str]) -> None:
        removed -= upsert.keys()
        history = self.model[view]
        base = max(len(history) - 1 - back, 0)
        now = history[-1]
        wanted = {id_ for id_, value in upsert.items() if now.get(id_) != value} | (removed & now.keys())
        stale = {
            id_
            for id_ in wanted
            for before, after in zip(history[base:], history[base + 1 :], strict=False)
            if before.get(id_) != after.get(id_)
        }
        change = ChangeSet(base, to_objects(upsert), tuple(sorted(removed)))
        if stale:
            with pytest.raises(Conflict) as caught:
                self.store.save(view, change)
            assert set(caught.value.object_ids) == stale
        else:
            expected = {id_: value for id_, value in {**now, **upsert}.items() if id_ not in removed}
            self.expect(view, expected, self.store.save(view, change), upsert)

    @rule(view=views, pick=st.floats(0, 1))
    def restore(self, view: str, pick: float) -> None:
        revision = round(pick * (len(self.model[view]) - 1))
        self.expect(view, self.model[view][revision], self.store.restore(view, revision, "human:ann"))

    @rule(mapping=st.dictionaries(st.sampled_from(LABELS), st.one_of(st.none(), st.sampled_from(LABELS)), max_size=3))
    def relabel(self, mapping: dict[str, str | None]) -> None:
        revisions = self.store.relabel(mapping, "human:ann")
        for view, history in self.model.items():
            moved = {id_: (mapping.get(label, label), x) for id_, (label, x) in history[-1].items()}
            expected = {id_: (label, x) for id_, (label, x) in moved.items() if label is not None}
            assert (view in revisions) == (expected != history[-1])
            self.expect(view, expected, revisions.get(view, len(history) - 1))

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.store.path)

    @invariant()
    def every_revision_reads_as_the_model_says(self) -> None:
        for view, history in self.model.items():
            assert len(self.store.revisions(view)) == len(history) - 1
            for revision, content in enumerate(history):
                read = to_content(self.store.item(view, revision).objects)
                assert list(read.items()) == list(content.items())


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
