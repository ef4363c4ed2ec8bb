"""Nets as ONNX graphs: the one folder of this room with a top-level ``import torch``."""
