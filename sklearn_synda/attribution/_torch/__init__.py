"""Gradients of nets: the one folder of this room with a top-level ``import torch``."""
