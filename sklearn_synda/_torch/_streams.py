"""Torch's random streams and threads: borrowed, and given back as they were."""

from contextlib import contextmanager

import torch

__all__ = ["kept_streams", "one_thread", "seeded"]


@contextmanager
def kept_streams(device="cpu"):
    """The streams of the CPU, and of GPUs in use, are afterwards what they were before.

    A GPU that nobody uses is left asleep, unless ``device`` says that it will be used inside.
    """
    if str(device).startswith("cuda"):
        torch.cuda.init()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        yield


@contextmanager
def seeded(seed, device="cpu"):
    """Draws under a seed; the streams are afterwards what they were before.

    ``torch.manual_seed`` is not used: it also seeds GPUs that are not in use yet, for good.
    """
    with kept_streams(device):
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed)
        yield


@contextmanager
def one_thread():
    """Small nets train faster on one thread, and to the last digit alike on any machine."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
