"""Networks of the real architecture that learned nothing, saved as their publishers do."""

from __future__ import annotations

from pathlib import Path

from annelid.engines.yolo import environment


def random_weights(path: Path) -> Path:
    """Weights of a SAM network, whose name says which, with random numbers from a fixed seed."""
    environment.isolate(None, trust=False)
    import torch
    from ultralytics.models.sam import build

    torch.manual_seed(0)
    made = build.sam_model_map[path.name](None)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(made.state_dict(), path)
    return path
