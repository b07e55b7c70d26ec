"""Tracking a fit with MLflow
==========================

A callback that logs the parameters of a network and the losses of each epoch.

The run goes where MLflow is told to keep it, by default into the current directory;
``mlflow ui`` shows it, also while the fit is going on. The callback needs scikit-learn 1.9 or
newer.

.. code-block:: console

    python -m pip install mlflow
    python examples/mlflow_tracking.py
"""

import tempfile
from pathlib import Path

import joblib
import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier


class LogToMLflow:
    """Log to the active run of MLflow: parameters once, and losses after each epoch."""

    def setup(self, estimator, context):
        """Log the parameters before the fit."""
        mlflow.log_params(estimator.get_params())

    def on_fit_task_begin(self, estimator, context):
        """Do nothing before an epoch."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        """Log the losses after an epoch; do not stop the fit."""
        if context.task_name == "epoch":
            metrics = {"loss": fitted_estimator.loss_curve_[-1]}
            if fitted_estimator.validation_loss_curve_:
                metrics["validation_loss"] = fitted_estimator.validation_loss_curve_[-1]
                metrics["validation_score"] = fitted_estimator.validation_scores_[-1]
            mlflow.log_metrics(metrics, step=context.task_id + 1)
        return False

    def teardown(self, estimator, context):
        """Have nothing to clean up."""


# %%
# In a Pipeline it is the network that has the callback.
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
network = MLPBinaryClassifier(
    learning_rate_init=0.01, early_stopping=True, scoring="neg_log_loss", random_state=0
)
pipeline = make_pipeline(StandardScaler(), network.set_callbacks(LogToMLflow()))

with mlflow.start_run() as run, tempfile.TemporaryDirectory() as directory:
    pipeline.fit(X_train, y_train)
    mlflow.log_metric("test_accuracy", pipeline.score(X_test, y_test))
    path = Path(directory) / "pipeline.joblib"
    joblib.dump(pipeline, path)
    mlflow.log_artifact(path)

# %%
# What MLflow has of it.
client = mlflow.MlflowClient()
losses = client.get_metric_history(run.info.run_id, "validation_loss")
assert [metric.step for metric in losses] == list(range(1, pipeline[-1].n_iter_ + 1))
best = min(losses, key=lambda metric: metric.value)
print(f"{len(losses)} epochs, least validation loss {best.value:.3f} in epoch {best.step}")
print(f"test accuracy {client.get_run(run.info.run_id).data.metrics['test_accuracy']:.2f}")
