"""Synthesizers: they learn a table and make rows around anchors.

Every synthesizer has two faces: ``fit`` and ``sample(anchor_indices)``, which the meta-estimators
use, and imbalanced-learn's ``fit_resample(X, y)``.
"""

from sklearn_synda.synthesis._diffusion import DiffusionSynthesizer
from sklearn_synda.synthesis._gan import GANSynthesizer
from sklearn_synda.synthesis._llm import LLMSynthesizer
from sklearn_synda.synthesis._mixing import MixingSynthesizer
from sklearn_synda.synthesis._perturbation import PerturbationSynthesizer
from sklearn_synda.synthesis._saliency_perturbation import SaliencyPerturbationSynthesizer
from sklearn_synda.synthesis._sampler import SamplerSynthesizer
from sklearn_synda.synthesis._smote import SMOTESynthesizer
from sklearn_synda.synthesis._vae import VAESynthesizer

__all__ = [
    "DiffusionSynthesizer",
    "GANSynthesizer",
    "LLMSynthesizer",
    "MixingSynthesizer",
    "PerturbationSynthesizer",
    "SMOTESynthesizer",
    "SaliencyPerturbationSynthesizer",
    "SamplerSynthesizer",
    "VAESynthesizer",
]
