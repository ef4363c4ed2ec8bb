"""What the generators with a torch net share."""

import copy
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._optional import check_torch_support
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.synthesis._generative import GenerativeSynthesizer
from sklearn_synda.synthesis._table_record import NotRestorable

__all__ = ["NetSynthesizer"]

_N_MADE = 500  # made rows shown to the guide before a net is trained on towards doubt


class NetSynthesizer(GenerativeSynthesizer):
    """Base class: a subclass writes ``_net_class()`` and ``_layout()``, arguments of its net."""

    _parameter_constraints: dict = {
        **GenerativeSynthesizer._parameter_constraints,
        "hidden_layer_sizes": ["array-like"],
        "max_steps": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str],
    }

    def _whole_layout(self):
        return {
            "n_numbers": self.encoder_.n_numbers,
            "blocks": self.encoder_.blocks,
            "n_condition": self.condition_.points.shape[1],
            "hidden_layer_sizes": tuple(int(size) for size in self.hidden_layer_sizes),
            **self._layout(),
        }

    def _training(self):
        """Arguments of a training that are parameters of this class."""
        names = ("max_steps", "batch_size", "learning_rate", "n_iter_no_change", "device")
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def _fit_function(self):
        from sklearn_synda.synthesis._torch._training import fit_net

        return fit_net

    def _train(self, points, weight, rng):
        check_torch_support(f"{type(self).__name__}.fit")
        data = (points, self.condition_.points, weight)
        return self._fit_function()(
            self._net_class(), self._whole_layout(), data, **self._training(),
            seed=rng.randint(2**31 - 1), caller=type(self).__name__,
        )  # fmt: skip

    def quantize(self):
        """A copy whose nets hold their weights as 8-bit integers, a quarter of the size.

        Made rows change a little; the time they take hardly does. What a quarter of the size
        is of use for is a file, or many synthesizers in memory. It can be sampled from and
        saved, not trained on: ``guidance_weight`` must be 0 with a guide.

        Returns
        -------
        synthesizer : object
            A fitted copy.
        """
        check_is_fitted(self, "encoder_")
        if not self._uses_net() or self.net_ is None:
            raise ValueError(
                f"{type(self).__name__}.quantize is not compatible with a synthesizer without a"
                " net: it needs weights. Use one with a net instead."
            )
        from sklearn_synda.synthesis._torch._int8 import quantized

        other = copy.copy(self)
        other.net_ = quantized(self.net_)
        other.guidance_history_, other._tilted = [], (None, None)
        return other

    def _uses_net(self):
        return True

    def _is_quantized(self):
        return self._uses_net() and self.net_ is not None and any(
            type(part).__name__ == "Int8Linear" for part in self.net_.modules()
        )  # fmt: skip

    def _net_arrays(self):
        if not self._uses_net() or self.net_ is None:
            return {}
        return {name: value.cpu().numpy() for name, value in self.net_.state_dict().items()}

    def _restore(self, seed, arrays, is_quantized):
        self._prepare(seed)
        if not self._uses_net():
            self._learn()
            return
        if bool(arrays) != bool(self.encoder_.size):
            raise NotRestorable("net and table do not agree")
        if not arrays:
            return
        check_torch_support(f"{type(self).__name__}.load")
        from sklearn_synda.synthesis._torch._training import restored

        self.net_ = restored(
            self._net_class(), self._whole_layout(), arrays, is_quantized, self.device
        )

    def _make_points(self, net, points, rows, noise):
        from sklearn_synda.synthesis._torch._training import make_points

        return make_points(net, points, self.condition_.points[rows], noise, self.noise_level)

    def _tilt(self, guide, rng):
        from sklearn_synda.synthesis._torch._training import tilt_net

        if self._is_quantized():
            raise ValueError(
                f"{type(self).__name__}.sample is not compatible with a 'guidance_weight' above"
                " zero after quantize: 8-bit weights cannot be trained on. Use"
                " 'exploration_strength' instead."
            )
        anchors = rng.randint(len(self.cells_), size=_N_MADE)
        made = self._cells(self.net_, anchors, self._noise(len(anchors), rng), rng)
        shown = np.vstack([self.cells_[guide.shown], made])
        data = self.encoder_.encode(self.cells_, rng), self.condition_.points, self.sample_weight_
        return tilt_net(
            self.net_, self.encoder_.encode(shown, rng), guide(shown), data,
            guidance_weight=self.guidance_weight, noise_level=self.noise_level,
            batch_size=self.batch_size, learning_rate=self.learning_rate,
            seed=rng.randint(2**31 - 1), caller=f"{type(self).__name__}.sample",
        )  # fmt: skip
