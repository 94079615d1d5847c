"""What PyTorch and Ultralytics raise where a file holds no network, or another one than its name says."""

from __future__ import annotations

import pickle

UNLOADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    TypeError,
    KeyError,
    AttributeError,
    ValueError,
    ImportError,
    IndexError,
    EOFError,
    OSError,
)
