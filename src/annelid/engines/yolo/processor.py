"""Make full use of a CPU: all its cores, half precision where it is faster, and the layout that it likes."""

from __future__ import annotations

from typing import Any

import torch

from annelid.engines.yolo import environment


def use_all_cores() -> None:
    """Let PyTorch compute on every core; Ultralytics leaves one idle, and of two cores that is half."""
    torch.set_num_threads(environment.threads())


def computes_bf16() -> bool:
    """Whether the processor multiplies bfloat16 by itself; emulated, it would be slower than float32."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(bool(capabilities.get(name)) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def order_channels_last(*models: Any) -> None:
    """Keep the weights as ``[out, y, x, in]`` in memory: convolutions on a CPU need no reordering then."""
    for model in models:
        model.to(memory_format=torch.channels_last)
