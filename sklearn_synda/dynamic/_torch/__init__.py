"""What needs PyTorch at import."""
