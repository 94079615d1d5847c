"""Everything on a picture as objects: proposals of a network that knows no classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from annelid import tracing
from annelid.engines.base import Pixels, PredictConfig, PredictorSpec
from annelid.engines.sam.network import SIDE, Bits, Network
from annelid.objects import Kind, Objects

_OVERLAP = 256
_LARGEST = 0.4
"""What covers more of a picture than that is its background."""
_SAME = 0.5


class Everything:
    """See `annelid.engines.base.Predictor`."""

    def __init__(self, network: Network, config: PredictConfig, label: str) -> None:
        self.spec = PredictorSpec(SIDE, _OVERLAP)
        self._network, self._config, self._label = network, config, label

    def __call__(self, tiles: Sequence[Pixels]) -> list[Objects]:
        """Find the objects on uint8 RGB tiles ``[y, x, c]``."""
        return [self._find(tile) for tile in tiles]

    def _find(self, tile: Pixels) -> Objects:
        masks, scores = self._network.everything(tile, self._config.conf)
        kept = apart(list(masks), scores)[: self._config.max_det]
        shapes = [tracing.mask_to_shape(masks[n]) for n in kept]
        labels = [self._label] * len(kept)
        return Objects.from_shapes(shapes, labels, kinds=Kind.MASK, scores=scores[list(kept)].clip(0, 1))


def apart(masks: Sequence[Bits], scores: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """Which masks are objects, surest first: no background, and nothing of which a surer one covers half."""
    taken: Bits | None = None
    kept = []
    for n in np.argsort(-scores, kind="stable"):
        mask, area = masks[n], int(masks[n].sum())
        if taken is None:
            taken = np.zeros_like(mask)
        if not area or area > _LARGEST * mask.size or int((mask & taken).sum()) > _SAME * area:
            continue
        taken |= mask
        kept.append(int(n))
    return kept
