"""What all rooms with nets share; the only folder of this floor that imports torch."""
