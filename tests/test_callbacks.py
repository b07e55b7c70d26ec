"""Callbacks, and what a fit prints."""

import builtins
import copy
import io
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier
from skmlp._callbacks import SUPPORTED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
with_scikit_learn_1_9 = pytest.mark.skipif(
    not SUPPORTED, reason="scikit-learn has callbacks from 1.9 on"
)
SOLVERS = pytest.mark.parametrize("solver", ["adam", "lbfgs"])


class Recorder:
    """A callback that notes what it is told, and stops a fit after some epochs."""

    def __init__(self, n_epochs=None):
        self.n_epochs = n_epochs
        self.calls = []
        self.probabilities = []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.calls.append(f"end {context.task_name}")
        if context.task_name == "epoch" and fitted_estimator is not None:
            self.probabilities.append(fitted_estimator.predict_proba(X))
            return len(self.probabilities) == self.n_epochs
        return False


@with_scikit_learn_1_9
@SOLVERS
def test_hooks_are_called_around_each_epoch(binary_data, solver):
    X, y = binary_data
    recorder = Recorder()
    network = MLPBinaryClassifier((4,), solver=solver, max_iter=3, random_state=0)
    network.set_callbacks(recorder).fit(X, y)
    epochs = ["begin epoch", "end epoch"] * 3
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    for n, p in enumerate(recorder.probabilities, start=1):
        shorter = MLPBinaryClassifier((4,), solver=solver, max_iter=n, random_state=0)
        np.testing.assert_allclose(p, shorter.fit(X, y).predict_proba(X), rtol=1e-12)


@with_scikit_learn_1_9
@SOLVERS
def test_a_callback_can_stop_training(binary_data, solver):
    X, y = binary_data
    network = MLPBinaryClassifier((4,), solver=solver, max_iter=50, random_state=0)
    network.set_callbacks(Recorder(n_epochs=4)).fit(X, y)
    assert network.n_iter_ == 4
    whole = MLPBinaryClassifier((4,), solver=solver, max_iter=4, random_state=0).fit(X, y)
    np.testing.assert_array_equal(network.coefs_[0], whole.coefs_[0])


@with_scikit_learn_1_9
def test_hooks_end_where_training_fails(binary_data):
    X, y = binary_data
    recorder = Recorder()
    network = MLPBinaryClassifier(
        (4, 4), "identity", solver="sgd", learning_rate_init=1e150, batch_size=10
    ).set_callbacks(recorder)
    with pytest.raises(ValueError, match="non-finite"):
        network.fit(X, y)
    assert recorder.calls[-1] == "teardown"


@with_scikit_learn_1_9
def test_a_failing_lbfgs_iteration_is_ended(binary_data):
    """One that scipy never ran is begun, and has to be ended."""
    X, y = binary_data
    recorder = Recorder()
    network = MLPBinaryClassifier((4,), solver="lbfgs", tol=1e-2, random_state=0)
    network.set_callbacks(recorder).fit(X, y)
    assert network.n_iter_ < network.max_iter
    assert recorder.calls.count("begin epoch") == recorder.calls.count("end epoch")


def make_estimator(kind, network):
    """Return the network in a pipeline, or that in a grid search, or alone."""
    pipeline = make_pipeline(StandardScaler(), network)
    grid = {"mlpbinaryclassifier__activation": ["relu", "tanh"]}
    return {
        "alone": network,
        "pipeline": pipeline,
        "search": GridSearchCV(pipeline, grid, cv=2),
    }[kind]


@with_scikit_learn_1_9
@pytest.mark.parametrize(("kind", "n_contexts"), [("alone", 0), ("pipeline", 1)])
@pytest.mark.parametrize("listens", [False, True])
def test_no_context_without_callbacks(binary_data, monkeypatch, kind, n_contexts, listens):
    """But in a meta-estimator, whose tree of tasks a fit is a part of."""
    contexts, make = [], MLPBinaryClassifier._init_callback_context

    def noted(*args, **kwargs):
        contexts.append(make(*args, **kwargs))
        return contexts[-1]

    monkeypatch.setattr(MLPBinaryClassifier, "_init_callback_context", noted)
    network = MLPBinaryClassifier((4,), max_iter=2, random_state=0)
    if listens:
        network.set_callbacks(Recorder())
    make_estimator(kind, network).fit(*binary_data)
    assert len(contexts) == max(n_contexts, listens)
    assert all((context.parent is None) == (kind == "alone") for context in contexts)


@with_scikit_learn_1_9
@pytest.mark.parametrize(
    ("kind", "n_fits"), [("alone", 1), ("pipeline", 1), ("search", 2 * 2 + 1)]
)
def test_scoring_monitor(binary_data, kind, n_fits):
    """It logs a score an epoch of each fit, of the network as it is then."""
    from sklearn.callback import ScoringMonitor

    X, y = binary_data
    monitor = ScoringMonitor(scoring="accuracy")
    network = MLPBinaryClassifier((4,), max_iter=3, random_state=0).set_callbacks(monitor)
    fitted = make_estimator(kind, network).fit(X, y)
    epochs = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(epochs) == 3 * n_fits
    # A search scores on the rows that each of its fits has; it sorts the last fit last.
    expected = fitted.score(X, y)
    assert expected in [row["accuracy"] for row in epochs if row["task_id"] == 2]


@with_scikit_learn_1_9
@pytest.mark.parametrize("kind", ["alone", "pipeline", "search"])
def test_progress_bar(binary_data, kind, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    estimator = make_estimator(kind, MLPBinaryClassifier((4,), max_iter=3, random_state=0))
    estimator.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*binary_data)
    assert "MLPBinaryClassifier" in capsys.readouterr().out


@with_scikit_learn_1_9
def test_data_frames_reach_callbacks_as_they_are(binary_data):
    pandas = pytest.importorskip("pandas")
    X, y = binary_data
    frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(10)])
    recorder = Recorder()
    network = MLPBinaryClassifier((4,), max_iter=2, random_state=0)
    network.set_callbacks(recorder).fit(frame, y)  # a warning about names would be an error
    np.testing.assert_array_equal(recorder.probabilities[-1], network.predict_proba(frame))


@SOLVERS
def test_a_line_an_epoch(binary_data, capsys, solver):
    network = MLPBinaryClassifier((4,), solver=solver, max_iter=3, verbose=1)
    network.set_params(early_stopping=True, random_state=0).fit(*binary_data)
    lines = capsys.readouterr().out.splitlines()
    losses = [f"Iteration {i}, loss = {x:.8f}" for i, x in enumerate(network.loss_curve_, 1)]
    assert [line for line in lines if line.startswith("Iteration")] == losses
    scores = [f"Validation score: {score:f}" for score in network.validation_scores_ or []]
    assert [line for line in lines if line.startswith("Validation score:")] == scores


class Saver(Recorder):
    """A callback that pickles the network, without itself, after each epoch."""

    def setup(self, estimator, context):
        self.files = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.files.append(pickle.dumps(copy.copy(fitted_estimator).set_callbacks()))
        return False


@with_scikit_learn_1_9
@SOLVERS
@pytest.mark.parametrize("kind", ["alone", "pipeline"])
def test_a_callback_can_save_the_network(binary_data, solver, kind):
    """The files name no callback, though one that cannot be pickled is there, too."""
    X, y = binary_data
    saver, other = Saver(), Recorder()
    other.cannot_be_pickled = lambda: None
    network = MLPBinaryClassifier((4,), solver=solver, max_iter=3, random_state=0)
    fitted = make_estimator(kind, network.set_callbacks(saver, other)).fit(X, y)
    assert len(saver.files) == 3 + 1
    last = pickle.loads(saver.files[-1])
    Z = X if kind == "alone" else fitted[:-1].transform(X)
    np.testing.assert_array_equal(last.predict_proba(Z), network.predict_proba(Z))
    first = pickle.loads(saver.files[0])
    assert first.n_iter_ == 1
    assert not hasattr(first, "_skl_callbacks")
    first.set_params(warm_start=True).fit(Z, y)
    assert first.loss_curve_[0] == network.loss_curve_[0]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@SOLVERS
def test_a_progress_bar_on_a_terminal(binary_data, monkeypatch, capsys, solver):
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    network = MLPBinaryClassifier((4,), solver=solver, max_iter=7, verbose="progress")
    network.set_params(early_stopping=True, random_state=0).fit(*binary_data)
    drawn = terminal.getvalue()
    assert "7/7" in drawn
    assert f"loss={network.loss_curve_[-1]:.4g}" in drawn
    if solver == "adam":
        assert f"validation={network.validation_scores_[-1]:.4g}" in drawn
    assert capsys.readouterr().out == ""


def test_messages_above_a_progress_bar(binary_data, monkeypatch, capsys):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    MLPBinaryClassifier(
        (4,), solver="sgd", learning_rate="adaptive", tol=10.0, n_iter_no_change=2, max_iter=9,
        verbose="progress",
    ).fit(*binary_data)  # fmt: skip
    assert "Setting learning rate to" in capsys.readouterr().out


def test_lines_without_a_terminal(binary_data, capsys):
    MLPBinaryClassifier((4,), max_iter=2, verbose="progress").fit(*binary_data)
    captured = capsys.readouterr()
    assert captured.out.startswith("Iteration 1, loss = ")
    assert captured.err == ""


class NoStream:
    """Has nothing that a stream has."""


class WriteOnly(io.StringIO):
    @property
    def isatty(self):
        raise AttributeError


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def detached():
    stream = io.TextIOWrapper(io.BytesIO())
    stream.detach()
    return stream


STREAMS = {
    "None": lambda: None,
    "closed": closed,
    "detached": detached,
    "no isatty": WriteOnly,
    "no stream": NoStream,
}


@pytest.mark.parametrize("err", STREAMS.values(), ids=STREAMS.keys())
@SOLVERS
def test_standard_error_that_is_no_terminal(binary_data, monkeypatch, capsys, err, solver):
    """As in notebooks, in services, and in programs without a console: there are lines."""
    monkeypatch.setattr(sys, "stderr", err())
    MLPBinaryClassifier((4,), solver=solver, max_iter=2, verbose="progress").fit(*binary_data)
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("verbose", [True, "progress"])
@pytest.mark.parametrize("out", STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_standard_output_that_takes_nothing(binary_data, monkeypatch, out, verbose, method):
    """A fit goes on in silence, also where a bar says something above itself."""
    pytest.importorskip("tqdm")
    stream, terminal = out(), Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", terminal if verbose == "progress" else stream)
    network = MLPBinaryClassifier(
        (4,), solver="sgd", learning_rate="adaptive", tol=10.0, n_iter_no_change=1, max_iter=4,
        verbose=verbose,
    )  # fmt: skip
    if method == "fit":
        network.fit(*binary_data)
    else:
        network.partial_fit(*binary_data, classes=[0, 1])
    assert network.n_iter_ == (4 if method == "fit" else 1)
    if isinstance(stream, WriteOnly) and method == "fit":
        assert "Setting learning rate to" in stream.getvalue()


def test_without_tqdm(binary_data, monkeypatch):
    plain_import = builtins.__import__

    def without_tqdm(name, *arguments, **keywords):
        if name == "tqdm":
            raise ImportError(name)
        return plain_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(ImportError, match="pip install tqdm, or set verbose=True"):
        MLPBinaryClassifier((4,), verbose="progress").fit(*binary_data)


@with_scikit_learn_1_9
@pytest.mark.parametrize(
    ("package", "example", "printed"),
    [
        ("mlflow", "mlflow_tracking", "least validation loss"),
        ("tensorboard", "tensorboard_logging", "dropout-0.3: "),
    ],
)
def test_examples_of_other_packages(tmp_path, package, example, printed):
    """They are not run with the site, and are skipped where these are not installed."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is what the example logs to")
    script = Path(__file__).parents[1] / "examples" / f"{example}.py"
    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert printed in result.stdout
    assert any(tmp_path.iterdir())


@with_scikit_learn_1_9
def test_what_tensorboard_is_given(tmp_path):
    """A point an epoch, of the losses that the network has."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="it reads what the example writes",
    )
    script = Path(__file__).parents[1] / "examples" / "tensorboard_logging.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, capture_output=True)
    for run in ("dropout-0.0", "dropout-0.3"):
        events = accumulator.EventAccumulator(str(tmp_path / run), {"tensors": 0}).Reload()
        assert set(events.Tags()["tensors"]) == {
            "loss/training",
            "loss/validation",
            "norm/layer_1",
            "norm/layer_2",
        }
        steps = [event.step for event in events.Tensors("loss/training")]
        assert steps == list(range(1, len(steps) + 1))
