"""The parameters of a model as a list of arrays: what leaves a client, and nothing else."""

import numpy as np

from sklearn_synda._nets import is_net

__all__ = ["get_parameters", "set_parameters", "start"]

_NO_STEP = 1e-300  # a learning rate under which a net of scikit-learn stays as it was drawn


def get_parameters(model):
    """The parameters of a fitted model, copied.

    Of a linear model ``coef_`` and ``intercept_``, of scikit-learn's nets ``coefs_`` and then
    ``intercepts_``, of a skorch net the state of its module in order. What only the training
    needs (steps taken, momentum) is not among them and stays where it is.

    Parameters
    ----------
    model : fitted estimator
        ``SGDClassifier``, ``SGDRegressor``, ``Perceptron``, ``MLPClassifier``, ``MLPRegressor``
        or a skorch net.

    Returns
    -------
    parameters : list of ndarrays

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn_synda.federated import get_parameters
    >>> model = SGDClassifier().fit(np.eye(3), [0, 1, 1])
    >>> [values.shape for values in get_parameters(model)]
    [(1, 3), (1,)]
    """
    if is_net(model):
        return [value.detach().cpu().numpy().copy() for value in _state(model).values()]
    return [np.array(value) for value in _arrays(model)]


def set_parameters(model, parameters):
    """Put parameters into a fitted model of the same shapes, in place.

    Parameters
    ----------
    model : fitted estimator
        One that :func:`get_parameters` knows.
    parameters : list of ndarrays
        Copied; whole numbers, as the count of a batch normalisation, are rounded.

    Returns
    -------
    model : fitted estimator
        The same one.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn_synda.federated import set_parameters
    >>> model = SGDClassifier().fit(np.eye(2), ["no", "yes"])
    >>> set_parameters(model, [np.array([[1.0, -1.0]]), np.zeros(1)]).predict(np.eye(2))
    array(['yes', 'no'], dtype='<U3')
    """
    values = _alike(get_parameters(model), parameters)
    if is_net(model):
        import torch

        state = zip(_state(model), values, strict=True)
        model.module_.load_state_dict({name: torch.as_tensor(value) for name, value in state})
    elif hasattr(model, "coefs_"):
        n = len(model.coefs_)
        model.coefs_, model.intercepts_ = values[:n], values[n:]
    else:
        model.coef_, model.intercept_ = values
    return model


def _state(net):
    return net.module_.state_dict()


def _arrays(model):
    if hasattr(model, "coefs_"):
        return [*model.coefs_, *model.intercepts_]
    if hasattr(model, "coef_") and hasattr(model, "intercept_"):
        return [model.coef_, model.intercept_]
    raise TypeError(
        f"{type(model).__name__} is not compatible with federated training: it needs parameters"
        f" that can be averaged; a fitted {type(model).__name__} has no 'coef_' and no 'coefs_'."
        " Use SGDClassifier, MLPClassifier or a skorch net instead."
    )


def _alike(own, parameters):
    """Copies with the dtypes of a model's own parameters, refused where shapes differ."""
    given = [np.asarray(value) for value in parameters]
    shapes, wanted = ([value.shape for value in values] for values in (given, own))
    if shapes != wanted:
        raise ValueError(
            f"The 'parameters' parameter of set_parameters must hold arrays of the shapes {wanted}."
            f" Got {shapes} instead."
        )
    return [
        np.array(np.rint(new) if old.dtype.kind in "iu" else new, dtype=old.dtype, order="C")
        for new, old in zip(given, own, strict=True)
    ]


def start(learner, n_columns):
    """Parameters before the first step, of a learner that has taken none: nothing is learnt.

    A linear model starts at zero, a net where its random state puts it.
    """
    model, rows = learner.estimator, np.zeros((learner.n_classes or 2, n_columns))
    if learner.is_net:
        learner.predict(rows)  # lazy layers find their width
        return learner
    y = np.arange(len(rows)) if learner.n_classes else np.linspace(0, 1, len(rows))
    rate = model.get_params(deep=False).get("learning_rate_init")
    if rate is not None:
        model.set_params(learning_rate_init=_NO_STEP)
    learner.step(rows, y, np.ones(len(rows)))
    parameters = get_parameters(model)
    if rate is None:
        set_parameters(model, [np.zeros_like(values) for values in parameters])
        model.t_ = 1.0
    else:
        model.set_params(learning_rate_init=rate)
        vars(model).pop("_optimizer", None)  # of that rate; the first step makes a new one
    return learner
