"""Training: one loop for every net, the last good weights, and the same result each time."""

import copy
import warnings

import numpy as np
import torch

from sklearn_synda._torch._streams import kept_streams, one_thread, seeded
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis._torch._int8 import quantized
from sklearn_synda.synthesis._torch._layers import mlp

__all__ = ["fit_gan", "fit_net", "make_points", "restored", "run_steps", "tilt_net"]

_CHECK = 100  # steps between two looks at the mean loss
_SNAPSHOT = 20  # steps between two copies of weights that gave a finite loss
_BLOCK = 8192  # rows made at a time
_N_CRITIC = 2  # steps of the critic for each of the maker
_N_TILT = 200  # steps of a proxy, and of a net trained on towards doubt
_WEIGHT_DECAY = 1e-3


def device_of(device):
    """The device of that name; "auto" is a GPU if there is one."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def tensors(device, *arrays):
    """Arrays as float32 on a device."""
    return [torch.as_tensor(np.asarray(a, np.float32), device=device) for a in arrays]


class Batches:
    """Batches of rows drawn by weight, with replacement: a small table fills a batch too."""

    def __init__(self, points, condition, weight, batch_size, device):
        self.points, self.condition = tensors(device, points, condition)
        cumulated = np.cumsum(weight, dtype=np.float64)
        self.cumulated = torch.as_tensor(cumulated / cumulated[-1])
        self.last = int(np.flatnonzero(weight)[-1])
        self.batch_size = batch_size

    def draw(self):
        """Points and conditions of the rows of one batch."""
        share = torch.rand(self.batch_size, dtype=torch.float64)
        rows = torch.searchsorted(self.cumulated, share, right=True).clamp(max=self.last)
        rows = rows.to(self.points.device)
        return self.points[rows], self.condition[rows]


def _copy(module):
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def run_steps(module, step, *, max_steps, n_iter_no_change, caller):
    """Call ``step(k) -> loss`` until it is done, stands still, or gives no finite loss.

    Parameters
    ----------
    module : torch.nn.Module
        Holds all weights that ``step`` changes.
    step : callable
        Makes one step of the optimiser, and gives the loss before it as a float.
    max_steps : int
        Steps at most.
    n_iter_no_change : int or None
        Stop when the mean loss of 100 steps was not the smallest so many times in a row.
    caller : str
        Whose training it is, for the warning.

    Returns
    -------
    losses : list of float
        The loss of each step that was finite and left finite weights.
    """
    losses, means, good = [], [], (0, _copy(module))
    for k in range(max_steps):
        before = (k, _copy(module)) if k % _SNAPSHOT == 0 else None
        loss = step(k)
        if not np.isfinite(loss):
            _go_back(module, good, f"the loss was not finite at step {k + 1}", max_steps, caller)
            return losses
        good = before or good
        losses.append(loss)
        if n_iter_no_change is None or (k + 1) % _CHECK:
            continue
        means.append(np.mean(losses[-_CHECK:]))
        if len(means) - 1 - int(np.argmin(means)) >= n_iter_no_change:
            break
    if all(value.isfinite().all() for value in module.state_dict().values()):
        return losses
    _go_back(module, good, f"the weights were not finite after step {k + 1}", max_steps, caller)
    return losses[:-1]


def _go_back(module, good, reason, max_steps, caller):
    step, weights = good
    module.load_state_dict(weights)
    warnings.warn(
        f"{caller}: {reason} of {max_steps}. Training stopped, and the weights after step {step}"
        " are kept; a smaller learning_rate may help.",
        SynthesisWarning,
        stacklevel=3,
    )


def _optimizer(parameters, learning_rate, betas=(0.9, 0.999)):
    return torch.optim.AdamW(
        parameters, learning_rate, betas=betas, weight_decay=_WEIGHT_DECAY, fused=True
    )


def _step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def fit_net(net_class, layout, data, *, max_steps, batch_size, learning_rate, n_iter_no_change,
            device, seed, caller):  # fmt: skip
    """A net of that class and layout, fitted to (points, condition, weight), and its losses."""
    device = device_of(device)
    with seeded(seed), one_thread():
        net = net_class(**layout).to(device)
        batches = Batches(*data, batch_size, device)
        optimizer = _optimizer(net.parameters(), learning_rate)

        def step(k):
            optimizer.param_groups[0]["lr"] = learning_rate * (1 - k / max_steps)
            return _step(optimizer, net.loss(*batches.draw()))

        losses = run_steps(
            net, step, max_steps=max_steps, n_iter_no_change=n_iter_no_change, caller=caller
        )
    return net.eval(), losses


def fit_gan(net_class, layout, data, *, max_steps, batch_size, learning_rate, device, seed,
            caller):  # fmt: skip
    """A maker against its critic, then the inverter; the losses are those of the critic."""
    device = device_of(device)
    with seeded(seed), one_thread():
        net = net_class(**layout).to(device)
        batches = Batches(*data, batch_size, device)
        maker, critic = (
            _optimizer(part.parameters(), learning_rate, betas=(0.5, 0.9))
            for part in (net.maker, net.critic)
        )
        average = copy.deepcopy(net.maker)

        def step(k):
            for _ in range(_N_CRITIC):
                loss = _step(critic, net.critic_loss(*batches.draw()))
            loss += 0.0 * _step(maker, net.loss(*batches.draw()))  # not finite if either is not
            share = min(0.99, (1 + k) / (10 + k))
            with torch.no_grad():
                for slow, fast in zip(average.parameters(), net.maker.parameters(), strict=True):
                    slow.lerp_(fast, 1 - share)
            return loss

        losses = run_steps(net, step, max_steps=max_steps, n_iter_no_change=None, caller=caller)
        if len(losses) == max_steps:
            net.maker = average
        inverter = _optimizer(net.inverter.parameters(), 3e-3)
        run_steps(
            net, lambda k: _step(inverter, net.inverter_loss(batches.draw()[1])),
            max_steps=max(max_steps // 2, 1), n_iter_no_change=3, caller=caller,
        )  # fmt: skip
    return net.eval(), losses


def tilt_net(net, shown, uncertainty, data, *, guidance_weight, noise_level, batch_size,
             learning_rate, seed, caller):  # fmt: skip
    """A copy of a net trained on with ``loss - guidance_weight * U``.

    ``U`` is a small net fitted to the ``uncertainty`` of the points ``shown``: the guide has no
    gradient, this proxy has one.
    """
    device = next(net.parameters()).device
    with seeded(seed), one_thread():
        points, target = tensors(device, shown, uncertainty[:, None])
        proxy = mlp(points.shape[1], (64, 64), 1).to(device)
        optimizer = _optimizer(proxy.parameters(), 3e-3)

        def teach(k):
            rows = torch.randint(len(points), (batch_size,)).to(device)
            return _step(optimizer, ((proxy(points[rows]) - target[rows]) ** 2).mean())

        run_steps(proxy, teach, max_steps=_N_TILT, n_iter_no_change=None, caller=caller)
        proxy.requires_grad_(False)
        net = copy.deepcopy(net).train()
        batches = Batches(*data, batch_size, device)
        optimizer = _optimizer(getattr(net, "maker", net).parameters(), learning_rate / 4)
        critic = (
            _optimizer(net.critic.parameters(), learning_rate) if hasattr(net, "critic") else None
        )

        def step(k):
            for _ in range(_N_CRITIC if critic else 0):  # or the maker runs away from it
                _step(critic, net.critic_loss(*batches.draw()))
            batch = batches.draw()
            doubt = proxy(net.soft(*batch, noise_level)).mean()
            return _step(optimizer, net.loss(*batch) - guidance_weight * doubt)

        run_steps(net, step, max_steps=_N_TILT, n_iter_no_change=None, caller=caller)
    return net.eval()


def restored(net_class, layout, arrays, is_quantized, device):
    """A net out of its weights."""
    with kept_streams():
        net = net_class(**layout)
    net = quantized(net) if is_quantized else net
    net.load_state_dict({name: torch.as_tensor(value) for name, value in arrays.items()})
    return net.to(device_of(device)).eval()


def make_points(net, points, condition, noise, noise_level):
    """What a net makes of rows, conditions and noise, as a float64 array."""
    device = next(net.parameters()).device
    made = [np.empty((0, points.shape[1]))]
    with one_thread(), torch.inference_mode():
        for first in range(0, len(points), _BLOCK):
            rows = slice(first, first + _BLOCK)
            inputs = tensors(device, points[rows], condition[rows], noise[rows])
            made.append(net.make(*inputs, noise_level).cpu().numpy())
    return np.concatenate(made).astype(np.float64)
