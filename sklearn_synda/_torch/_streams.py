"""Torch's random streams and threads: borrowed, and given back as they were.

Both belong to the whole process. Whoever borrows them holds a lock meanwhile, so that threads
take turns and each gets what it would get alone.
"""

from contextlib import contextmanager, nullcontext
from threading import RLock

import torch

__all__ = ["kept_streams", "one_thread", "seeded"]

_LOCK = RLock()


@contextmanager
def kept_streams(device="cpu", *, alone=True):
    """The streams of the CPU, and of GPUs in use, are afterwards what they were before.

    A GPU that nobody uses is left asleep, unless ``device`` says that it will be used inside.
    Other threads wait, unless ``alone`` is False: where threads are started inside that may
    want the streams as well, waiting for them would never end.
    """
    with _LOCK if alone else nullcontext():
        if str(device).startswith("cuda"):
            torch.cuda.init()
        devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices=devices):
            yield


@contextmanager
def seeded(seed, device="cpu", *, alone=True):
    """Draws under a seed; the streams are afterwards what they were before.

    ``torch.manual_seed`` is not used: it also seeds GPUs that are not in use yet, for good.
    """
    with kept_streams(device, alone=alone):
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed)
        yield


@contextmanager
def one_thread():
    """Small nets train faster on one thread, and to the last digit alike on any machine."""
    with _LOCK:
        n_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(n_threads)
