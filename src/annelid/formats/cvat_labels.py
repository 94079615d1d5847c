"""The labels of a CVAT XML file: names, colours, and the attributes that objects may have."""

from __future__ import annotations

from typing import Any

from annelid.dataset import Dataset
from annelid.formats.cvat_shape import NATIVE
from annelid.formats.safe_xml import Node, element, elements, plain_children

FILE = "cvat_file"


def labels_of(root: Node) -> list[dict[str, Any]]:
    """The definitions of a file's labels, in order: ``name`` and, below their tags, whatever else they have."""
    places = ("meta/task/labels/label", "meta/project/labels/label", "meta/job/labels/label")
    nodes = [node for place in places for node in root.all(place)]
    named = ((node.value("name"), node) for node in nodes)
    labels = {name: {**plain_children(node, ()), "name": name} for name, node in named if name}
    return list(labels.values())


def label_elements(dataset: Dataset) -> list[Node]:
    """The definitions of a dataset's classes: as they came where they did, else with the attributes in use.

    Labels of areas to ignore, which are no classes, are among them: CVAT refuses a shape whose label it does not know.
    """
    known: dict[str, dict[str, Any]] = {}
    fields: dict[str, dict[str, None]] = {}
    for item in dataset.items:
        for label, extra in zip(item.objects.labels, item.objects.extra, strict=True):
            for definition in extra.get(FILE, {}).get("labels", []):
                known.setdefault(definition.get("name"), definition)
            fields.setdefault(str(label), {}).update(dict.fromkeys(extra.get(NATIVE, {}).get("attributes", {})))
    return [
        element("label", "", *elements(known.get(name) or {"name": name, **_declared(fields.get(name, {}))}))
        for name in dict.fromkeys([*dataset.classes, *fields])
    ]


def _declared(fields: dict[str, None]) -> dict[str, Any]:
    """Attributes as CVAT wants to know them before it takes them."""
    text = {"mutable": "False", "input_type": "text", "default_value": "", "values": ""}
    return {"attributes": {"attribute": [{"name": name, **text} for name in fields]}} if fields else {}
