"""The parts of this room that need PyTorch; imported inside functions only."""
