"""Losses: their names and codes."""

from typing import NamedTuple

BINARY, MULTINOMIAL = range(2)
SQUARED_ERROR, POISSON, GAMMA, ABSOLUTE_ERROR, QUANTILE, QUANTILES = range(2, 8)
# Instead of a code, where mean responses are not wanted.
NO_LOSS = -1
# Where the setting is, the smoothing of labels or the level of a quantile; several quantiles of
# one target have a level for each, from there on.
SMOOTHING = LEVEL = 0


class Loss(NamedTuple):
    """What the Python side knows of a loss; `link` is scikit-learn's name of the output."""

    code: int
    link: str

    @property
    def smooths_labels(self) -> bool:
        """Whether it has the setting for that."""
        return self.code <= MULTINOMIAL

    @property
    def n_settings(self) -> int:
        """How many settings there are, whatever the number of outputs."""
        return int(self.smooths_labels or self.code == QUANTILE)

    @property
    def is_of_one_target(self) -> bool:
        """Whether it has a setting for each output, and one target for all of them."""
        return self.code == QUANTILES


LOSSES = {
    "binary": Loss(BINARY, "logistic"),
    "multinomial": Loss(MULTINOMIAL, "softmax"),
    "squared_error": Loss(SQUARED_ERROR, "identity"),
    "poisson": Loss(POISSON, "exp"),
    "gamma": Loss(GAMMA, "exp"),
    "absolute_error": Loss(ABSOLUTE_ERROR, "identity"),
    "quantile": Loss(QUANTILE, "identity"),
    "quantiles": Loss(QUANTILES, "identity"),
}
