"""The learning-rate range test takes the steps of training, and suggests a rate that trains."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import (
    LearningRateDisplay,
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._range_test import smoothed_until_divergence

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def run(estimator, X, y, **kwargs):
    return LearningRateDisplay.from_estimator(estimator, X, y, **kwargs)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [MLPBinaryClassifier, MLPRegressor])
def test_the_steps_are_those_of_partial_fit(binary_data, solver, weighted, kind):
    """With all rows a step, each is an epoch, and the rate of the call is that of its step."""
    X, y = binary_data
    weights = np.linspace(0.5, 2, len(y)) if weighted else None
    network = kind(
        hidden_layer_sizes=6,
        solver=solver,
        batch_size=len(X),
        shuffle=False,
        dropout=0.1,
        random_state=0,
    )
    display = run(network, X, y, sample_weight=weights, min_lr=1e-3, max_lr=0.1, n_steps=12)
    np.testing.assert_allclose(display.learning_rates, np.geomspace(1e-3, 0.1, 12))
    assert len(display.losses) == 12
    by_hand = clone(network)
    classes = {"classes": [0, 1]} if kind is MLPBinaryClassifier else {}
    for rate, loss in zip(display.learning_rates, display.losses, strict=True):
        by_hand.set_params(learning_rate_init=rate)
        by_hand.partial_fit(X, y, sample_weight=weights, **classes)
        assert by_hand.loss_ == loss


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_the_suggestion_trains(digits, solver):
    """At it the loss falls further in some epochs than at rates that are far from it."""
    X, y = digits
    network = MLPMulticlassClassifier(
        solver=solver, max_iter=10, n_iter_no_change=None, random_state=0
    )
    suggested = run(network, X, y).suggested_rate
    losses = [
        network.set_params(learning_rate_init=factor * suggested).fit(X, y).loss_
        for factor in (0.03, 1, 100 if solver == "sgd" else 30)
    ]
    assert losses[1] < 0.5 * min(losses[0], losses[2])


def test_the_suggestion_is_a_tenth_of_the_best_rate(digits):
    display = run(MLPMulticlassClassifier(random_state=0), *digits)
    best = display.learning_rates[display.smoothed_losses.argmin()]
    assert display.suggested_rate == best / 10
    assert set(display.suggestion_line_.get_xdata()) == {display.suggested_rate}


def test_it_ends_where_training_diverges(digits):
    display = run(MLPMulticlassClassifier(random_state=0), *digits, max_lr=1e4)
    assert len(display.losses) == len(display.learning_rates) < 200
    smoothed = display.smoothed_losses
    assert smoothed[-1] > 4 * smoothed.min()
    assert (smoothed[:-1] <= 4 * np.minimum.accumulate(smoothed[:-1])).all()
    low, high = display.ax_.get_ylim()
    assert low < smoothed.min() < smoothed.max() < high


def test_it_ends_where_numbers_are_not_finite(binary_data):
    network = MLPBinaryClassifier((4, 4), "identity", solver="sgd", random_state=0)
    display = run(network, *binary_data, min_lr=1e-3, max_lr=1e300)
    assert np.isfinite(display.losses).all()
    assert len(display.losses) < 200


def test_the_moving_average():
    losses, smoothed = smoothed_until_divergence([1.0, 3.0, 2.0])
    np.testing.assert_array_equal(losses, [1, 3, 2])
    weights = 0.9 ** np.arange(3)
    expected = [np.average(losses[:i], weights=weights[:i][::-1]) for i in (1, 2, 3)]
    np.testing.assert_allclose(smoothed, expected)
    losses, _ = smoothed_until_divergence([1.0, 1e3, 1.0])
    assert losses.tolist() == [1, 1e3]


def test_no_suggestion_where_the_loss_only_rises(binary_data):
    network = MLPBinaryClassifier((4, 4), solver="sgd", random_state=0)
    display = run(network, *binary_data, min_lr=1e3, max_lr=1e6, n_steps=10)
    assert display.suggested_rate is None
    assert display.suggestion_line_ is None


def test_the_estimator_is_not_changed(binary_data):
    X, y = binary_data
    network = MLPBinaryClassifier(4, max_iter=3, random_state=0).fit(X, y)
    before, parameters = network.coefs_[0].copy(), network.get_params()
    pipeline = make_pipeline(StandardScaler(), network)
    first = run(pipeline, X, y)
    assert not hasattr(pipeline[0], "mean_")
    assert network.get_params() == parameters
    np.testing.assert_array_equal(network.coefs_[0], before)
    np.testing.assert_array_equal(run(pipeline, X, y).losses, first.losses)


def test_a_pipeline_prepares_its_input(binary_data):
    X, y = binary_data
    network = MLPBinaryClassifier(4, random_state=0)
    scaled = run(make_pipeline(StandardScaler(), network), 100 * X + 7, y)
    alone = run(network, StandardScaler().fit_transform(100 * X + 7), y)
    np.testing.assert_array_equal(scaled.losses, alone.losses)


def test_rows_of_weight_0_are_not_seen(binary_data):
    X, y = binary_data
    network = MLPBinaryClassifier(4, shuffle=False, batch_size=100, random_state=0)
    weights = np.repeat([1.0, 0.0], 100)
    far = np.where(weights[:, None] > 0, X, 1e6)
    np.testing.assert_array_equal(
        run(network, far, y, sample_weight=weights).losses,
        run(network, X[:100], y[:100]).losses,
    )


def test_sparse_input(binary_data):
    """It gives the losses of the dense one, but for rounding."""
    X, y = binary_data
    network = MLPBinaryClassifier(4, batch_size=50, random_state=0)
    dense = run(network, X, y, max_lr=0.1)
    np.testing.assert_allclose(
        run(network, sparse.csr_array(X), y, max_lr=0.1).losses, dense.losses, rtol=1e-6
    )


def test_class_weights_are_those_of_fit(binary_data):
    """'balanced', which partial_fit cannot know, has the weights of all rows."""
    X, y = binary_data[0][:150], np.repeat([0, 1], [120, 30])
    network = MLPBinaryClassifier(4, batch_size=150, random_state=0)
    given = np.where(y, 150 / 60, 150 / 240)
    np.testing.assert_allclose(
        run(network.set_params(class_weight="balanced"), X, y).losses,
        run(network.set_params(class_weight=None), X, y, sample_weight=given).losses,
    )


def test_y_is_scaled_as_in_fit(binary_data):
    X, y = binary_data
    network = MLPRegressor(hidden_layer_sizes=4, normalize_y=True, random_state=0)
    np.testing.assert_allclose(
        run(network, X, 1e3 * y + 1e5).losses, run(network, X, y).losses, rtol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_recipes_and_labels(binary_data, dtype):
    X, y = binary_data
    X = X.astype(dtype)
    pipeline = make_pipeline(TabularPreprocessor(), MLPBinaryClassifier.tabular(random_state=0))
    assert run(pipeline, X, y).suggested_rate > 0
    Y = np.stack([y, 1 - y], axis=1)
    assert run(MLPMultilabelClassifier(random_state=0), X, Y).suggested_rate > 0
    assert run(MLPRegressor(n_members=3, early_stopping=True, random_state=0), X, Y).losses.size


@pytest.mark.parametrize(
    ("network", "arguments", "message"),
    [
        (MLPBinaryClassifier(solver="lbfgs"), {}, "solver='lbfgs' has no learning rate"),
        (MLPBinaryClassifier(), {"min_lr": 0}, "min_lr == 0, must be > 0"),
        (MLPBinaryClassifier(), {"min_lr": 1, "max_lr": 1}, "max_lr must be finite and above"),
        (MLPBinaryClassifier(), {"max_lr": np.inf}, "max_lr must be finite"),
        (MLPBinaryClassifier(), {"max_lr": np.nan}, "max_lr must be finite"),
        (MLPBinaryClassifier(), {"n_steps": 1}, "n_steps == 1, must be >= 2"),
        (MLPBinaryClassifier(alpha=-1.0), {}, "'alpha' parameter"),
        (MLPRegressor("wide"), {}, "'loss' parameter"),
    ],
)
def test_what_is_refused(binary_data, network, arguments, message):
    with pytest.raises(ValueError, match=message):
        run(network, *binary_data, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_lr": None}, "min_lr must be an instance of float"),
        ({"max_lr": "1"}, "max_lr must be an instance of float"),
        ({"n_steps": 2.5}, "n_steps must be an instance of int"),
    ],
)
def test_what_is_of_another_type(binary_data, arguments, message):
    with pytest.raises(TypeError, match=message):
        run(MLPBinaryClassifier(), *binary_data, **arguments)


def test_a_first_loss_that_is_not_finite(binary_data):
    X, y = binary_data
    with pytest.raises(ValueError, match="not finite at the first step"):
        run(MLPRegressor(random_state=0), X, 1e200 * (y + 1.0))


def test_other_estimators_are_refused(binary_data):
    for other in (DummyClassifier(), make_pipeline(StandardScaler(), SGDClassifier())):
        with pytest.raises(TypeError, match="must be a network of skmlp"):
            run(other, *binary_data)
