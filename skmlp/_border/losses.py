"""Losses: their names and codes."""

from typing import NamedTuple

BINARY, MULTINOMIAL = range(2)
# Instead of a code, where mean responses are not wanted.
NO_LOSS = -1


class Loss(NamedTuple):
    """What the Python side knows of a loss; `link` is scikit-learn's name of the output."""

    code: int
    link: str


LOSSES = {
    "binary": Loss(BINARY, "logistic"),
    "multinomial": Loss(MULTINOMIAL, "softmax"),
}
