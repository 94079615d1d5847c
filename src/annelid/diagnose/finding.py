"""Diagnosis: something that a finished training shows, with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info", "good"]


@dataclass(frozen=True)
class Kind:
    """What all findings of one code share.

    Attributes:
        code: stable short code, for example ``D106``.
        name: the same in words, for example ``overfitting``.
        severity: ``error``: the figures cannot be believed; ``warning``: the model is worse than it could be;
            ``info``: to be borne in mind; ``good``.
        why: why it matters, a sentence.
    """

    code: str
    name: str
    severity: Severity
    why: str

    def finding(
        self,
        seen: str,
        todo: str,
        *commands: str,
        evidence: Mapping[str, Any] | None = None,
        curves: tuple[str, ...] = (),
        image: str = "",
    ) -> Diagnosis:
        """A finding of this kind (see `Diagnosis`)."""
        return Diagnosis(
            self.code, self.name, self.severity, seen, self.why, todo, commands, dict(evidence or {}), curves, image
        )


@dataclass(frozen=True)
class Diagnosis:
    """One finding.

    Attributes:
        code: see `Kind`.
        name: see `Kind`.
        severity: see `Kind`.
        seen: what is seen, a sentence with figures.
        why: why it matters.
        todo: what to do, a sentence.
        commands: what to type for it, the best first.
        evidence: the figures that it rests on.
        curves: columns of ``results.csv`` that show it.
        image: name of an image that shows it, or "".
    """

    code: str
    name: str
    severity: Severity
    seen: str
    why: str
    todo: str
    commands: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[str, ...] = ()
    image: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)
