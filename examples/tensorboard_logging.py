"""Watching a fit in TensorBoard
=============================

A callback that writes the losses of each epoch, and the norms of the weights.

TensorBoard alone is enough to write and to show them; it needs neither TensorFlow nor PyTorch.
The callback needs scikit-learn 1.9 or newer.

.. code-block:: console

    python -m pip install tensorboard
    python examples/tensorboard_logging.py [DIRECTORY]
    tensorboard --logdir DIRECTORY

DIRECTORY is ``runs`` if it is not given. Each run has a directory of its own in it.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorboard.summary import Writer

from skmlp import MLPMulticlassClassifier


class LogToTensorBoard:
    """Write losses and norms of weights after each epoch.

    Parameters
    ----------
    directory : path-like
        That of the run.
    """

    def __init__(self, directory):
        self.directory = directory

    def setup(self, estimator, context):
        """Open the file before the fit."""
        self.writer = Writer(str(self.directory))

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        """Write what there is after an epoch; do not stop the fit."""
        if context.task_name == "epoch":
            epoch = context.task_id + 1
            self.writer.add_scalar("loss/training", fitted_estimator.loss_curve_[-1], epoch)
            if fitted_estimator.validation_loss_curve_:
                loss = fitted_estimator.validation_loss_curve_[-1]
                self.writer.add_scalar("loss/validation", loss, epoch)
            for k, weights in enumerate(fitted_estimator.coefs_, start=1):
                norm = float(np.linalg.norm(weights))
                self.writer.add_scalar(f"norm/layer_{k}", norm, epoch)
            self.writer.flush()
        return False

    def teardown(self, estimator, context):
        """Close the file, also where the fit has failed."""
        self.writer.close()


# %%
# Two fits, to be compared.
directory = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, random_state=0)
for dropout in (0.0, 0.3):
    network = MLPMulticlassClassifier(
        64, dropout=dropout, early_stopping=True, learning_rate_init=0.01, random_state=0
    )
    run = directory / f"dropout-{dropout}"
    network.set_callbacks(LogToTensorBoard(run))
    network.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    print(
        f"{run.name}: {network.n_iter_} epochs, least validation loss "
        f"{min(network.validation_loss_curve_):.3f}"
    )
