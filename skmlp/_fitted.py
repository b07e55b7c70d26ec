"""The attributes of a fit: set all at once, or none of them."""

import copy
from contextlib import AbstractContextManager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skmlp._ensemble import Ensemble
from skmlp._outputs.base import Output
from skmlp._outputs.classes import Decisions
from skmlp._persistence import PersistenceMixin
from skmlp._record import Record
from skmlp._training import TrainingState
from skmlp._types import Params
from skmlp._undo import Undo


class Fitted(PersistenceMixin):
    """Estimators with the attributes of a fit.

    The annotations are the list of them; scikit-learn's validation sets those of X's features.
    """

    classes_: NDArray[Any]
    sparse_output_: bool
    _numbers: Any
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_members_: int
    max_iter_: int
    validation_fraction_: float
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    best_iter_: int | None
    temperature_: float
    _ensemble: Ensemble
    _state: TrainingState | None

    def _set_fitted(
        self,
        ensemble: Ensemble,
        output: Output,
        record: Record,
        state: TrainingState | None,
        *,
        allow_any_loss: bool = False,
    ) -> None:
        """Set the fitted attributes, or raise where parameters or loss are not finite."""
        is_finite = np.isfinite(ensemble.theta).all()
        if not (is_finite and (allow_any_loss or np.isfinite(record.loss))):
            what = "a loss that is not finite" if is_finite else "non-finite parameter weights"
            raise ValueError(
                f"Solver produced {what}. The input data may contain large values and need to "
                "be preprocessed, or learning_rate_init or alpha is too large."
            )
        # At once: no signal and no other thread finds the attributes of two fits.
        self.__dict__.update(fitted_attributes(ensemble, output, record, state))

    def _clear_fit(self) -> None:
        """Count as not fitted until `_set_fitted`, so that no failure leaves half a fit."""
        for name in NAMES:
            self.__dict__.pop(name, None)

    def _with_ensemble(self, ensemble: Ensemble, output: Output) -> Self:
        """Return a copy of the estimator that predicts with `ensemble`, for a scorer."""
        fitted = copy.copy(self)
        fitted._clear_fit()  # a warm start's earlier fit is none of the scorer's business
        fitted._ensemble = ensemble
        fitted.__dict__.update(output.attributes)
        # The rows to score are arrays, which would be warned of where X had names.
        fitted.__dict__.pop("feature_names_in_", None)
        return fitted

    def _new_record(self, resumes: bool, params: Params, *, watches: bool) -> Record:
        """Return the record of a call, with the curves so far where it resumes a fit.

        `watches` says whether there are validation rows.
        """
        numbers = params.max_iter, params.validation_fraction
        record = Record(*numbers)
        if resumes:
            record = Record(*numbers, self.loss_curve_, n_rows_seen=self.t_)
        if watches:
            record.validation_scores = (resumes and self.validation_scores_) or []
            record.validation_loss_curve = (resumes and self.validation_loss_curve_) or []
        return record

    def _undone_on_failure(
        self, random_state: Any, state: TrainingState | None = None
    ) -> AbstractContextManager[None]:
        """Return a context in which the fit may be changed: its network, curves and `state`."""
        # What training changes in place: lists and arrays, of which the estimator has copies.
        curves = [name for name in NAMES if isinstance(getattr(self, name, None), list)]
        copies = {name: copy.copy(getattr(self, name)) for name in curves}
        copies["_ensemble"] = self._ensemble.copy()
        if state is not None:
            copies["_state"] = state.copy(random_state)
        return Undo(self.__dict__, NAMES, copies)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_ensemble")

    @property
    def coefs_(self) -> tuple[NDArray[Any], ...]:
        """Weight matrices W⁽ᵏ⁾ (fan_in, fan_out); writing into one changes the network."""
        check_is_fitted(self)
        return self._ensemble.coefs

    @property
    def intercepts_(self) -> tuple[NDArray[Any], ...]:
        """Bias vectors b⁽ᵏ⁾ (fan_out,), likewise."""
        check_is_fitted(self)
        return self._ensemble.intercepts

    @property
    def slopes_(self) -> tuple[NDArray[Any], ...]:
        """Slopes (width,) of each hidden layer with 'prelu', likewise."""
        check_is_fitted(self)
        return self._ensemble.slopes


def check_fitted(estimator: Any) -> None:
    """Raise NotFittedError where an estimator is not fitted.

    scikit-learn's check gathers its tags first, which takes as long as the network for a row.
    """
    if not estimator.__sklearn_is_fitted__():
        check_is_fitted(estimator)


# What `_set_fitted` sets and `_clear_fit` removes.
NAMES = tuple(Fitted.__annotations__)


def fitted_attributes(
    ensemble: Ensemble, output: Output, record: Record, state: TrainingState | None = None
) -> dict[str, Any]:
    """Return the attributes of a fit, those that :class:`Fitted` lists."""
    # Plain attributes, as in scikit-learn: files and copies have them without this module.
    return {
        **output.attributes,
        "n_layers_": ensemble.depth + 1,
        "n_outputs_": ensemble.units[-1],
        "out_activation_": output.loss.link,
        "n_members_": len(ensemble.theta),
        "max_iter_": record.max_iter,
        "validation_fraction_": record.validation_fraction,
        "n_iter_": record.n_iter,
        "t_": record.n_rows_seen,
        "loss_": record.loss,
        "loss_curve_": record.loss_curve,
        "best_loss_": record.best_loss,
        "validation_scores_": record.validation_scores,
        "validation_loss_curve_": record.validation_loss_curve,
        "best_validation_score_": record.best_score,
        "best_iter_": record.best_iter,
        **({"temperature_": record.temperature} if isinstance(output, Decisions) else {}),
        "_ensemble": ensemble,
        "_state": state,
    }
