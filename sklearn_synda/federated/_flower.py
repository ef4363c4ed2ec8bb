"""A client as Flower wants it."""

from sklearn_synda._optional import check_flwr_support

__all__ = ["to_flower_client"]


def to_flower_client(client):
    """A client as a ``NumPyClient`` of Flower, which carries parameters over a network.

    Flower has what a federation between institutions needs beside averaging: encrypted channels,
    secure aggregation, differential privacy, clients that drop out. Not needed where all clients
    are in one process (:class:`FederatedSynthesisClassifier`).

    Parameters
    ----------
    client : FederatedClient
        Keep it from one round to the next: it remembers the steps of its training.

    Returns
    -------
    client : flwr.client.NumPyClient
        ``fit`` answers with parameters, number of rows and the losses and ``n_made`` of the
        update; ``evaluate`` with loss and number of rows. Call ``to_client()`` for Flower.

    References
    ----------
    Beutel et al. (2020), :arxiv:`2007.14390`.

    Examples
    --------
    >>> from sklearn_synda.federated import FederatedClient, to_flower_client
    >>> def client_fn(context):  # doctest: +SKIP
    ...     client = FederatedClient(model, X, y, classes=[0, 1])
    ...     return to_flower_client(client).to_client()
    """
    check_flwr_support("to_flower_client")
    from flwr.client import NumPyClient

    class FlowerClient(NumPyClient):
        def get_parameters(self, config):
            return client.get_parameters()

        def fit(self, parameters, config):
            update = client.update(parameters)
            said = {name: getattr(update, name) for name in ("loss_before", "loss_after", "n_made")}
            return update.parameters, _whole(update.n_rows), said

        def evaluate(self, parameters, config):
            return client.evaluate(parameters), _whole(client.n_rows), {}

    return FlowerClient()


def _whole(n_rows):
    return max(1, round(n_rows))
