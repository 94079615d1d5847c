"""What microscope makers write into tags of their own: Zeiss LSM, MetaMorph STK, Olympus SIS, FEI and Thermo."""

from __future__ import annotations

from collections.abc import Mapping

import tifffile

from annelid.readers.calibration import Calibration, from_size, number


def calibration_of(tif: tifffile.TiffFile) -> Calibration | None:
    """The calibration in such tags; None where there are none of them."""
    if tif.is_lsm:
        lsm = tif.lsm_metadata or {}
        return from_size(number(lsm.get("VoxelSizeX")), number(lsm.get("VoxelSizeY")), "m")
    if tif.is_stk:
        stk = tif.stk_metadata or {}
        unit = str(stk.get("CalibrationUnits") or "") if stk.get("SpatialCalibration") else ""
        return from_size(number(stk.get("XCalibration")), number(stk.get("YCalibration")), unit)
    if tif.is_sis and "pixelsizex" in (sis := tif.sis_metadata or {}):
        return from_size(number(sis.get("pixelsizex")), number(sis.get("pixelsizey")), "m")
    if tif.is_fei and isinstance(scan := (tif.fei_metadata or {}).get("Scan"), Mapping):
        return from_size(number(scan.get("PixelWidth")), number(scan.get("PixelHeight")), "m")
    return None


def channels_of(tif: tifffile.TiffFile) -> list[str]:
    """The channel names in an LSM file, none of text where they are damaged or cut off; none elsewhere."""
    lsm = (tif.lsm_metadata or {}) if tif.is_lsm else {}
    place = int(lsm.get("OffsetChannelColors") or 0)
    if not place:
        return []
    tif.filehandle.seek(place)
    end = place + int.from_bytes(tif.filehandle.read(4), "little")
    colours = lsm.get("ChannelColors")
    if not isinstance(colours, Mapping) or end > tif.filehandle.size:
        return [""]
    return [str(name) for name in colours["ColorNames"]]
