"""For those who write parts of their own: checks of the contracts."""
