"""scikit-learn's callbacks (since its version 1.9), called around each epoch."""

from collections.abc import Callable
from typing import Any

from skmlp._ensemble import Ensemble
from skmlp._float_errors import as_caller

try:
    from sklearn import callback as _callback
except ImportError:
    _callback = None


class _NoCallbacks:
    """Base class in place of the one that an older scikit-learn lacks."""


SUPPORTED = _callback is not None
CallbackSupport: Any = _callback.CallbackSupportMixin if SUPPORTED else _NoCallbacks


def without_running_fit(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's attributes without those of a fit that is running.

    They hold all callbacks, also those of a Pipeline around it, which may have open files.
    """
    if "_callback_fit_ctx" not in attributes:
        return attributes
    names = "_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx"
    return {name: attributes[name] for name in attributes if name not in names}


class FitCallbacks:
    """The callbacks of one call to fit.

    Parameters
    ----------
    estimator : BaseMLP
    X, y, sample_weight : object
        As fit was given them.

    Attributes
    ----------
    listen : bool
        Whether there are any callbacks: without them a fit is not to pay for any.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
    ) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.listen = SUPPORTED and bool(getattr(estimator, "_skl_callbacks", ()))
        self._fit: Any = None
        self._epoch: Any = None

    def begin(
        self, fitted_attributes: Callable[[Ensemble], dict[str, Any]], max_iter: int
    ) -> None:
        """Call the hooks before the first epoch.

        Parameters
        ----------
        fitted_attributes : callable
            From an ensemble to the attributes with which a copy of the estimator predicts.
        max_iter : int
            Largest number of epochs.
        """
        self._fitted_attributes = fitted_attributes
        estimator = self._arguments["estimator"]
        # Within a meta-estimator a fit is a part of its tree of tasks, whoever listens to that.
        if SUPPORTED and (self.listen or hasattr(estimator, "_parent_callback_ctx")):
            with as_caller():
                self._fit = estimator._init_callback_context(max_subtasks=max_iter)
                self._fit.call_on_fit_task_begin(**self._arguments)

    def begin_epoch(self) -> None:
        """Call the hooks before an epoch."""
        if self.listen:
            self._epoch = self._fit.subcontext(task_name="epoch")
            with as_caller():
                self._epoch.call_on_fit_task_begin(**self._arguments)

    def end_epoch(self, ensemble: Ensemble) -> bool:
        """Call the hooks after an epoch, and return whether one of them says to stop."""
        if not self.listen:
            return False
        # Before the hooks, which may raise: `end` must not end the epoch again.
        epoch, self._epoch = self._epoch, None
        return self._end(epoch, ensemble)

    def end(self, ensemble: Ensemble) -> None:
        """Call the hooks after the last epoch, and those of an epoch that was not finished."""
        if self._epoch is not None:
            with as_caller():
                self._epoch.call_on_fit_task_end(estimator=self._arguments["estimator"])
        if self._fit is not None:
            self._end(self._fit, ensemble)

    def _end(self, task: Any, ensemble: Ensemble) -> bool:
        with as_caller():
            return bool(
                task.call_on_fit_task_end(
                    **self._arguments,
                    # Only called by a callback that asks for an estimator, as the copy costs.
                    reconstruction_attributes=lambda: self._fitted_attributes(ensemble.copy()),
                )
            )
