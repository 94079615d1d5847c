"""Turn predictions into drafts that a person corrects."""

from __future__ import annotations

from collections.abc import Sequence

from annelid.dataset import Dataset, LabeledImage
from annelid.store.changes import ChangeSet, diff


def proposals(items: Sequence[LabeledImage], predicted: Dataset, model: str) -> dict[str, ChangeSet]:
    """Change sets that put predictions on images as drafts.

    What a person drew stays; what a model proposed before is replaced.

    Args:
        items: the images as they are now.
        predicted: what was found on them.
        model: reference of the model.

    Returns:
        View id -> change set.
    """
    found = {item.id: item.objects for item in predicted.items}
    changes = {}
    for item in items:
        if item.id not in found:
            continue
        earlier = item.objects[[str(a).startswith("model:") for a in item.objects.authors]]
        upsert, removed = diff(earlier, found[item.id])
        changes[item.id] = ChangeSet(
            item.revision, upsert, removed, author=f"model:{model}", message="proposed", state="draft"
        )
    return changes
