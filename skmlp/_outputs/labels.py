"""The output of the multilabel classifier: each of several labels is there or is not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, log_expit, softmax

from skmlp._border.losses import LOSSES
from skmlp._explanations import has_collections
from skmlp._labels import as_indicators, has_columns
from skmlp._outputs.base import Blocks, as_targets, find_temperature
from skmlp._outputs.classes import Binary, Decisions


class Multilabel(Decisions):
    """One logit o_j a label, the log-odds that a row has it.

    Parameters
    ----------
    n_labels : int
        Two or more: a single one is :class:`~skmlp._outputs.classes.Binary`.
    is_sparse : bool
        Whether decisions are a sparse matrix, as y was.
    """

    subject = "the labels"
    baseline = "the frequencies of the labels"
    loss = LOSSES["binary"]

    def __init__(self, n_labels: int, *, is_sparse: bool) -> None:
        self.n_labels = n_labels
        self._is_sparse = is_sparse

    def __str__(self) -> str:
        return f"{self.n_labels} labels"

    @property
    def attributes(self) -> dict[str, Any]:
        """The labels, counted from 0, and whether `predict` returns a sparse matrix."""
        return {"classes_": np.arange(self.n_labels), "sparse_output_": self._is_sparse}

    @property
    def n_logits(self) -> int:
        """One a label."""
        return self.n_labels

    @property
    def n_means(self) -> int:
        """A probability for each label."""
        return self.n_labels

    def fits(self, n_logits: int) -> bool:
        """Return whether the network has a logit for each label."""
        return n_logits == self.n_labels

    @staticmethod
    def check_y(y: Any, X: Any, name: str) -> Any:
        """Return indicators (n, q), or labels (n,) of two classes, or raise an error."""
        if has_columns(y):
            return as_indicators(y, X, name)
        if isinstance(y, list | tuple) and has_collections(y):
            raise ValueError(
                f"y has lists or sets of labels: {name} takes a matrix of 0 and 1, with a "
                "column for each label. sklearn.preprocessing.MultiLabelBinarizer makes it."
            )
        return Binary.check_y(y, X, name)

    def encode(self, y: Any, dtype: Any) -> NDArray[Any]:
        """Return the indicators, or raise ValueError where there are more or fewer labels."""
        n_labels = 1 if y.ndim == 1 else y.shape[1]
        if n_labels != self.n_labels:
            raise ValueError(
                f"y must have as many columns as in training, {self.n_labels}; got {n_labels}."
            )
        return as_targets(y.toarray() if sparse.issparse(y) else y, dtype)

    def decode(self, targets: NDArray[Any]) -> Any:
        """Return the indicators."""
        return self.named(targets.astype(np.intp))

    def link(self, means: NDArray[Any]) -> NDArray[Any]:
        """Return the log-odds of probabilities; one that is rounded to 1 has finite ones."""
        absent = np.maximum(1 - means, np.finfo(means.dtype).epsneg / 2)
        return np.log(means, out=means) - np.log(absent)

    def are_valid(self, logits: NDArray[Any]) -> bool:
        """Return whether none is NaN: one that is infinite has the probability 0 or 1."""
        return not bool(np.isnan(logits).any())

    def decide(self, logits: NDArray[Any]) -> NDArray[np.intp]:
        """Return 1 where the log-odds are above 0."""
        return (logits > 0).astype(np.intp)

    @property
    def decision_shape(self) -> tuple[int, ...]:
        """An indicator a label."""
        return (self.n_labels,)

    def named(self, decisions: NDArray[np.intp]) -> Any:
        """Return the indicators, a CSR matrix where y was sparse."""
        return sparse.csr_matrix(decisions) if self._is_sparse else decisions

    def are_right(self, logits: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
        """Return whether all labels of each row are."""
        result: NDArray[np.bool_] = (self.decide(logits) == targets).all(axis=1)
        return result

    def scores(self, logits: NDArray[Any]) -> NDArray[Any]:
        """Return the logits."""
        return logits

    @property
    def score_shape(self) -> tuple[int, ...]:
        """One a label."""
        return (self.n_labels,)

    @property
    def columns(self) -> list[int]:
        """The labels."""
        return list(range(self.n_labels))

    def slopes_of_logits(self, logits: NDArray[Any], column: Any) -> NDArray[Any]:
        """Return derivatives (n_members, n, q) of the log-odds of mean probabilities.

        That of a member p is p (1 - p) / Σ p + p (1 - p) / Σ (1 - p), over all members.
        """
        place = np.broadcast_to(column, logits.shape[1])[np.newaxis, :, np.newaxis]
        of_label = np.take_along_axis(logits, place, axis=2)
        present, absent = log_expit(of_label), log_expit(-of_label)
        slopes = softmax(present, axis=0) * np.exp(absent)
        slopes += softmax(absent, axis=0) * np.exp(present)
        result = np.zeros_like(logits)
        np.put_along_axis(result, np.broadcast_to(place, slopes.shape), slopes, axis=2)
        return result

    def losses(
        self, logits: NDArray[Any], targets: NDArray[Any], smoothing: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the cross-entropy of each row, summed over the labels."""
        expected = (1 - smoothing) * targets + smoothing / 2
        losses: NDArray[np.float64] = np.logaddexp(0, logits) - expected * logits
        return losses.sum(axis=1)

    def totals(self, targets: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sums (q, 2) of the weights of the rows without and with each label."""
        present = np.einsum("i,ij->j", weights.astype(np.float64), targets)
        return np.stack([weights.sum(dtype=np.float64) - present, present], axis=1)

    def loss_of_constant(self, blocks: Blocks, smoothing: float) -> float:
        """Return the sum of the entropies of the labels, smoothed as they are."""
        totals = sum((self.totals(*block) for block in blocks), np.zeros((self.n_labels, 2)))
        totals = np.maximum(totals, 0)  # but for rounding
        # A label that all rows have, or none, leaves nothing to learn.
        totals = totals[(totals > 0).all(axis=1)]
        frequencies = totals / totals.sum(axis=1, keepdims=True)
        frequencies = (1 - smoothing) * frequencies + smoothing / 2
        return float(-(frequencies * np.log(frequencies)).sum())

    def loss_of_zeros(self, blocks: Blocks) -> float:
        """Return the cross-entropy of probabilities of one half."""
        return self.n_labels * float(np.log(2))

    def best_temperature(
        self, logits: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any]
    ) -> float:
        """Return the divisor of logits with the least mean loss, one for all labels."""
        weights = weights / weights.sum()

        def derivative(temperature: float) -> float:
            excess = expit(logits / temperature) - targets
            return float(np.einsum("i,ij,ij->", weights, excess, logits))

        return find_temperature(derivative)
