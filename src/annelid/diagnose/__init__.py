"""Say what a finished training shows: is it good, where does it fail, why, and what to type next."""

from __future__ import annotations

from annelid.diagnose.finding import Diagnosis
from annelid.diagnose.record import Record


__all__ = ["Diagnosis", "Record", "diagnose"]


def diagnose(record: Record) -> list[Diagnosis]:
    """Every finding, errors first."""
    return []
