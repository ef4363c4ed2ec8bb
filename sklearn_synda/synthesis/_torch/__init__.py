"""Networks of the generative synthesizers; the only folder here that imports torch."""
