"""The XML of a CZI file: channel names, scenes, size of a pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from annelid.readers.calibration import Calibration, from_size, number

_DIMENSIONS = "./Metadata/Information/Image/Dimensions"


@dataclass(frozen=True)
class Metadata:
    """What the XML says.

    Attributes:
        channels: names in order, "" where one has none.
        scenes: index -> name.
        size: of a pixel.
    """

    channels: tuple[str, ...] = ()
    scenes: dict[int, str] = field(default_factory=dict)
    size: Calibration = field(default_factory=Calibration)


def read(xml: bytes) -> Metadata:
    """What is of use in the XML; nothing where it is damaged, which is noted."""
    if not xml:
        return Metadata()
    try:
        root = ET.fromstring(xml.rstrip(b"\0"))  # noqa: S314 - expat refuses entity bombs and fetches nothing
    except ET.ParseError:
        return Metadata(size=Calibration(None, ("its XML is damaged: channel names and calibration are not known",)))
    scenes = {
        int(scene.get("Index", "-1")): scene.get("Name", "") for scene in root.iterfind(f"{_DIMENSIONS}/S/Scenes/Scene")
    }
    return Metadata(_channels(root), scenes, _size(root))


def _channels(root: ET.Element) -> tuple[str, ...]:
    recorded = list(root.iterfind(f"{_DIMENSIONS}/Channels/Channel"))
    shown = {c.get("Id"): c for c in root.iterfind("./Metadata/DisplaySetting/Channels/Channel")}
    names = []
    for channel in recorded:
        named = channel.get("Name") or ""
        names.append(named or (shown[channel.get("Id")].get("Name") or "" if channel.get("Id") in shown else ""))
    return tuple(names)


def _size(root: ET.Element) -> Calibration:
    values = [root.findtext(f"./Metadata/Scaling/Items/Distance[@Id='{axis}']/Value") for axis in "XY"]
    x, y = (number(value) for value in values)
    return from_size(x, y, "m")
