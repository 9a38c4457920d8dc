"""Making very many objects at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_makers = 0


@contextmanager
def making_many() -> Iterator[None]:
    """Let the collector of cycles rest while the block makes many objects that hold none.

    It would go through all that there is again and again as their number grows, and find nothing: for a
    hundred thousand records that costs more than making them. What is not in a cycle is freed as ever.
    Blocks may overlap on several threads; the collector works again after the last of them.
    """
    global _makers
    with _lock:
        _makers += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _makers -= 1
            if not _makers:
                gc.enable()
