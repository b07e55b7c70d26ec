"""What goes beyond MLPClassifier's parameters, as a user sees it."""

import inspect
import pickle
import re
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmlp._training
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.activations import ACTIVATIONS
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._kernels import epoch
from skmlp._schedules import SCHEDULES, Time
from tests.helpers import SOLVERS, assert_same_network, parameters_of, shift_parameters

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STOCHASTIC = pytest.mark.parametrize("solver", OPTIMIZERS)


class TestActivations:
    @pytest.mark.parametrize("name", ACTIVATIONS)
    def test_one_name_is_the_same_name_for_each_layer(self, task, name):
        classifier, X, y = task
        one = classifier((6, 5), name, max_iter=3, random_state=0).fit(X, y)
        each = classifier((6, 5), (name, name), max_iter=3, random_state=0).fit(X, y)
        assert_same_network(one, each)

    def test_layers_differ(self, task):
        classifier, X, y = task
        network = classifier((6, 5), ["prelu", "tanh"], max_iter=3, random_state=0).fit(X, y)
        assert [slopes.shape for slopes in network.slopes_] == [(6,)]
        assert np.abs(network.transform(X)).max() <= 1
        first = network.set_params(transform_layer=0).transform(X)
        z = X @ network.coefs_[0] + network.intercepts_[0]
        expected = np.where(z > 0, z, network.slopes_[0] * z)
        np.testing.assert_allclose(first, expected, rtol=1e-12, atol=1e-15)

    @pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
    def test_prelu_learns_its_slopes(self, task, solver):
        classifier, X, y = task
        network = classifier((7,), "prelu", solver=solver, max_iter=30, random_state=0)
        (slopes,) = network.fit(X, y).slopes_
        assert slopes.shape == (7,)
        assert (slopes != 0.25).all()

    def test_slopes_carry_no_penalty(self, task):
        """A penalty that leaves nothing of the weights leaves the slopes where they began."""
        classifier, X, y = task
        network = classifier((7,), "prelu", solver="lbfgs", alpha=1e9, random_state=0)
        network.fit(X, y)
        assert max(np.abs(w).max() for w in network.coefs_) < 1e-6
        np.testing.assert_allclose(network.slopes_[0], 0.25, atol=1e-3)

    def test_selu_begins_normal(self):
        """Two million weights: their deviation is within 0.1 % of that of LeCun's."""
        X, y = np.zeros((20, 2000), np.float32), np.arange(20) % 2
        network = MLPBinaryClassifier((1000,), "selu", max_iter=1, learning_rate_init=1e-30)
        network.set_params(alpha=0, random_state=0).fit(X, y)
        weights = network.coefs_[0]
        assert weights.std() == pytest.approx(1 / np.sqrt(2000), rel=2e-3)
        assert np.abs(weights).max() > 4 / np.sqrt(2000)  # beyond a uniform distribution
        np.testing.assert_allclose(network.intercepts_[0], 0, atol=1e-20)

    @pytest.mark.parametrize(
        ("activation", "message"),
        [
            (("relu",), "one for each of the 2 hidden layers"),
            (("relu", "rely"), r"activation must be among .* got \['rely'\]"),
            (("relu", ["tanh"]), r"activation must be among .* got \[\['tanh'\]\]"),
            ("rely", "'activation' parameter"),
        ],
    )
    def test_wrong_names(self, binary_data, activation, message):
        with pytest.raises(ValueError, match=message):
            MLPBinaryClassifier((3, 2), activation).fit(*binary_data)

    def test_no_slopes_between_warm_starts(self, binary_data):
        network = MLPBinaryClassifier((3,), warm_start=True, max_iter=2).fit(*binary_data)
        with pytest.raises(ValueError, match="'prelu' learns slopes"):
            network.set_params(activation="prelu").fit(*binary_data)
        network.set_params(activation="gelu").fit(*binary_data)

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_sparse_input_is_as_dense(self, task, activation):
        classifier, X, y = task
        network = classifier((6,), activation, dropout=0.2, max_iter=5, random_state=0)
        dense = clone(network).fit(X, y)
        np.testing.assert_allclose(
            parameters_of(network.fit(sparse.csr_array(X), y)),
            parameters_of(dense),
            rtol=1e-8,
            atol=1e-11,
        )
        np.testing.assert_allclose(
            network.predict_proba(sparse.csr_array(X)), dense.predict_proba(X), rtol=1e-7
        )


class TestClassWeight:
    @pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
    def test_equals_sample_weights(self, task, solver):
        classifier, X, y = task
        labels = np.array(["ant", "bee", "cat", "dog"])[y]
        by_class = {"ant": 2.0, "bee": 0.5}
        own = np.random.RandomState(0).uniform(0.5, 2, len(y))
        own.flags.writeable = False
        network = classifier((6,), solver=solver, max_iter=5, random_state=0)
        weighted = clone(network).set_params(class_weight=by_class).fit(X, labels, own)
        factors = np.array([by_class.get(label, 1.0) for label in labels])
        assert_same_network(weighted, network.fit(X, labels, own * factors))

    def test_balanced_makes_the_sums_equal(self, task):
        classifier, X, y = task
        rows = np.flatnonzero((y > 0) | (np.arange(len(y)) % 3 == 0))
        X, y = X[rows], y[rows]
        shares = np.bincount(y) / len(y)
        # The penalty is relative to the sum of weights, of which the factors differ.
        network = classifier((6,), max_iter=5, alpha=0, random_state=0)
        balanced = clone(network).set_params(class_weight="balanced").fit(X, y)
        np.testing.assert_allclose(
            parameters_of(balanced),
            parameters_of(network.fit(X, y, (1 / shares)[y])),
            rtol=1e-10,
        )

    def test_balanced_raises_balanced_accuracy(self):
        X, y = make_classification(
            2000, weights=[0.95], class_sep=0.7, flip_y=0.02, random_state=0
        )
        X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
        network = MLPBinaryClassifier((16,), alpha=1.0, max_iter=50, random_state=0)
        plain, balanced = (
            balanced_accuracy_score(
                y_test, clone(network).set_params(class_weight=w).fit(X, y).predict(X_test)
            )
            for w in (None, "balanced")
        )
        assert balanced > plain + 0.05

    def test_partial_fit(self, binary_data):
        X, y = binary_data
        with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
            MLPBinaryClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])
        one = MLPBinaryClassifier((4,), class_weight={1: 3.0}, random_state=0)
        other = clone(one).set_params(class_weight=None)
        one.partial_fit(X, y, classes=[0, 1])
        other.partial_fit(X, y, sample_weight=1 + 2.0 * y, classes=[0, 1])
        assert_same_network(one, other)

    @pytest.mark.parametrize(
        ("class_weight", "message"),
        [
            ({0: -1.0}, "non-negative and finite"),
            ({0: np.nan}, "non-negative and finite"),
            ({7: 1.0}, r"labels that are no classes: \[7\], and none for \[0, 1\]"),
            ({0: 2.0, 7: 1.0}, r"no classes: \[7\], and none for \[1\]"),
            ({"0": 1.0, "1": 2.0}, r"no classes: \['0', '1'\], and none for \[0, 1\]"),
            ({0: 1.0, 1: 2.0, 7: -1.0}, "non-negative and finite"),
            ({0: 1.0, 1: 2.0, 7: "two"}, "must have numbers"),
            ({0: 0.0, 1: 0.0}, "leaves no row"),
            ("even", "'class_weight' parameter"),
        ],
    )
    def test_wrong_weights(self, binary_data, class_weight, message):
        with pytest.raises(ValueError, match=message):
            MLPBinaryClassifier(class_weight=class_weight).fit(*binary_data)

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    @pytest.mark.parametrize(
        ("labels", "class_weight"),
        [
            (np.array(["no", "yes"]), {"no": 2.0, "perhaps": 7.0, "yes": 0.5}),
            (np.array(["no", "yes"], dtype=object), {np.str_("no"): 2.0, "": 7, "yes": 0.5}),
            (np.array([3, 5]), {5.0: 0.5, np.int8(3): 2, 4: 7.0}),
            (np.array([0.0, 1.0]), {0: 2, True: 0.5, "1": 7.0}),
            (np.array([False, True]), {0: 2, np.True_: 0.5, 2: 0.0}),
        ],
        ids=["str", "object", "int", "float", "bool"],
    )
    def test_labels_that_y_lacks(self, binary_data, labels, class_weight, method):
        """They change nothing where each class of y has a weight."""
        X, y = binary_data
        network = MLPBinaryClassifier((4,), max_iter=3, random_state=0)
        classes = {"classes": labels} if method == "partial_fit" else {}
        with_labels = clone(network).set_params(class_weight=class_weight)
        getattr(with_labels, method)(X, labels[y], **classes)
        getattr(network, method)(X, labels[y], np.array([2.0, 0.5])[y], **classes)
        assert_same_network(with_labels, network)

    @pytest.mark.parametrize(
        "parameters",
        [
            *({"solver": solver} for solver in SOLVERS),
            {"early_stopping": True},
            {"early_stopping": True, "n_members": 2, "validation_fraction": 0.25},
        ],
        ids=str,
    )
    def test_folds_that_lack_a_class(self, parameters):
        """They fit where each of their classes has a weight, and a typo is found."""
        X, y = make_classification(120, n_informative=4, n_classes=3, random_state=0)
        y = np.array(["no", "yes", "perhaps"])[np.sort(y)]  # a third in each fold
        weights = {"no": 1.0, "yes": 2.0, "perhaps": 3.0}
        network = MLPMulticlassClassifier((4,), max_iter=2, class_weight=weights, **parameters)
        scores = cross_val_score(network, X, y, cv=KFold(3), error_score="raise")
        assert np.isfinite(scores).all()
        network.set_params(class_weight={"no": 1.0, "yes": 2.0, "perhpas": 3.0})
        with pytest.raises(ValueError, match=r"'perhpas'\], and none for \['perhaps'\]"):
            cross_val_score(network, X, y, cv=KFold(3), error_score="raise")


class TestDropout:
    def test_repeats_and_differs(self, task):
        classifier, X, y = task
        network = classifier((20, 10), dropout=0.3, max_iter=5, random_state=0)
        first = clone(network).fit(X, y)
        assert_same_network(first, clone(network).fit(X, y))
        other = clone(network).set_params(dropout=0.0).fit(X, y)
        assert np.abs(parameters_of(first) - parameters_of(other)).max() > 1e-3

    def test_none_leaves_the_random_state_alone(self, task):
        """So that a fit without dropout stays MLPClassifier's."""
        classifier, X, y = task
        plain = classifier((6,), max_iter=3, random_state=0).fit(X, y)
        zeros = classifier((6,), max_iter=3, random_state=0, dropout=[0.0]).fit(X, y)
        assert_same_network(plain, zeros)

    def test_one_rate_for_each_layer(self, task):
        """A layer that nearly always falls out stays as it was drawn, nearly."""
        classifier, X, y = task
        kwargs = {"max_iter": 10, "random_state": 0, "alpha": 0.0, "solver": "sgd"}
        same = classifier((20, 10), dropout=(0.5, 0.5), **kwargs).fit(X, y)
        assert_same_network(same, classifier((20, 10), dropout=0.5, **kwargs).fit(X, y))
        one = classifier((20, 10), dropout=(0.0, 0.9), **kwargs).fit(X, y)
        assert np.abs(parameters_of(one) - parameters_of(same)).max() > 1e-3

    def test_gradient_is_that_of_the_masked_network(self, task):
        """One step of sgd at rate η moves θ by -η times the gradient: central differences.

        The loss of a step is that before it, so an epoch of one batch at a rate of nearly
        nothing gives the loss for the mask that the seed implies.
        """
        classifier, X, y = task

        def epoch(shift, rate):
            network = classifier(
                (5, 4), ("tanh", "prelu"), solver="sgd", momentum=0.0, dropout=(0.4, 0.3),
                learning_rate_init=1e-300, alpha=0.0, batch_size=len(y), random_state=0,
            )  # fmt: skip
            network.partial_fit(X, y, classes=np.unique(y))  # draws parameters and seed
            shift_parameters(network, shift * np.ones(parameters_of(network).size))
            before = parameters_of(network)
            network.set_params(learning_rate_init=rate).partial_fit(X, y)
            return network.loss_, parameters_of(network) - before

        size = epoch(0.0, 1e-300)[1].size
        _, moved = epoch(0.0, 1e-3)
        step = 1e-5
        for i in range(0, size, 3):
            shift = step * np.eye(size)[i]
            numeric = (epoch(shift, 1e-300)[0] - epoch(-shift, 1e-300)[0]) / (2 * step)
            assert -moved[i] / 1e-3 == pytest.approx(numeric, abs=1e-7)

    def test_predictions_use_all_units(self, task):
        classifier, X, y = task
        network = classifier((20,), dropout=0.5, max_iter=5, random_state=0).fit(X, y)
        np.testing.assert_array_equal(network.predict_proba(X), network.predict_proba(X))
        hidden = np.maximum(X @ network.coefs_[0] + network.intercepts_[0], 0)
        np.testing.assert_allclose(network.transform(X), hidden, rtol=1e-12, atol=1e-15)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"dropout": (0.1, 0.1)}, "one for each of the 1 hidden layers"),
            ({"dropout": [1.0]}, r"rates in \[0, 1\)"),
            ({"dropout": ["a"]}, r"rates in \[0, 1\)"),
            ({"dropout": 1.0}, "'dropout' parameter"),
            ({"dropout": 0.1, "solver": "lbfgs"}, "needs the same objective"),
            ({"dropout": (0, 0), "solver": "lbfgs"}, "one for each of the 1 hidden layers"),
        ],
    )
    def test_wrong_rates(self, binary_data, parameters, message):
        with pytest.raises(ValueError, match=message):
            MLPBinaryClassifier((3,), **parameters).fit(*binary_data)


def rates_said(printed):
    return re.findall(r"Setting learning rate to ([\d.]+)\.", printed)


class TestLearningRate:
    @STOCHASTIC
    @pytest.mark.parametrize("schedule", SCHEDULES)
    def test_rates_that_are_used(self, task, monkeypatch, solver, schedule):
        """Every step's rate reaches the kernel, epoch after epoch."""
        classifier, X, y = task
        used, run_epoch = [], skmlp._training.run_epoch
        parameters = inspect.signature(epoch.run_epoch.py_func).parameters
        position = list(parameters).index("rates")

        def recording(*arguments):
            used.append(arguments[position].copy())
            return run_epoch(*arguments)

        monkeypatch.setattr(skmlp._training, "run_epoch", recording)
        classifier(
            (4,), solver=solver, learning_rate=schedule, warmup_fraction=0.25, max_iter=5,
            batch_size=30, learning_rate_init=0.01, random_state=0,
        ).fit(X, y)  # fmt: skip
        n_steps = -(-len(y) // 30)
        steps, total = np.arange(5 * n_steps), 5 * n_steps
        rise = np.minimum((steps + 1) / (0.25 * total), 1)
        t = steps / total
        expected = {
            "constant": np.ones(total),
            "adaptive": np.ones(total),
            "invscaling": np.repeat(1 / np.sqrt(len(y) * np.arange(5) + 1), n_steps),
            "cosine": 0.5 * (1 + np.cos(np.pi * t)),
            "one_cycle": np.where(
                t < 0.3,
                1 - 0.96 * 0.5 * (1 + np.cos(np.pi * t / 0.3)),
                4e-6 + (1 - 4e-6) * 0.5 * (1 + np.cos(np.pi * (t - 0.3) / 0.7)),
            ),
            "coslog4": 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))),
        }[schedule]
        if solver in SCHEDULES[schedule].not_for:
            expected = np.ones(total)
        np.testing.assert_allclose(np.concatenate(used), 0.01 * rise * expected, atol=1e-15)

    @STOCHASTIC
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_adaptive_is_not_for_adam(self, task, capsys, solver, early_stopping):
        """Which stops after the first stall, and says so; nor does partial_fit divide."""
        classifier, X, y = task
        divides = solver not in SCHEDULES["adaptive"].not_for
        network = classifier(
            (4,), solver=solver, learning_rate="adaptive", tol=10.0, n_iter_no_change=2,
            max_iter=9, early_stopping=early_stopping, verbose=True,
        ).fit(X, y)  # fmt: skip
        printed = capsys.readouterr().out
        assert rates_said(printed) == (["0.000200", "0.000040"] if divides else [])
        assert network.n_iter_ == (9 if divides else 4)
        assert printed.endswith("Stopping.\n") != divides
        network.set_params(early_stopping=False)
        for _ in range(9):
            network.partial_fit(X, y)
        assert bool(rates_said(capsys.readouterr().out)) == divides


class TestClipping:
    @STOCHASTIC
    def test_a_large_bound_changes_nothing(self, task, solver):
        classifier, X, y = task
        network = classifier((4,), solver=solver, max_iter=3, random_state=0)
        free = clone(network).fit(X, y)
        assert_same_network(free, network.set_params(max_grad_norm=1e9).fit(X, y))

    def test_a_step_is_no_longer_than_the_bound(self, task):
        classifier, X, y = task
        network = classifier(
            (4,), solver="sgd", momentum=0.0, learning_rate_init=1.0, max_grad_norm=1e-3,
            batch_size=len(y), alpha=10.0, random_state=0,
        )  # fmt: skip
        network.partial_fit(X, y, classes=np.unique(y))
        before = parameters_of(network)
        network.partial_fit(X, y)
        length = np.linalg.norm(parameters_of(network) - before)
        assert length == pytest.approx(1e-3, rel=1e-6)


class TestTransformLayer:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_layers(self, task, dtype):
        classifier, X, y = task
        X = X.astype(dtype)
        network = classifier((6, 5, 4), max_iter=3, random_state=0).fit(X, y)
        layers = [clone_with_layer(network, k).transform(X) for k in range(3)]
        assert [h.shape[1] for h in layers] == [6, 5, 4]
        for k in range(3):
            backwards = clone_with_layer(network, k - 3).transform(X)
            np.testing.assert_array_equal(backwards, layers[k])
        np.testing.assert_array_equal(network.transform(X), layers[2])
        together = clone_with_layer(network, "all")
        out = together.transform(X)
        assert out.dtype == dtype
        np.testing.assert_array_equal(out, np.hstack(layers))
        names = together.get_feature_names_out()
        prefix = classifier.__name__.lower()
        assert names[0] == f"{prefix}_layer0_unit0"
        assert names[-1] == f"{prefix}_layer2_unit3"
        assert len(names) == 15

    @pytest.mark.parametrize("layer", [2, -3, "first", None, 1.0, True])
    def test_no_such_layer(self, task, layer):
        classifier, X, y = task
        network = classifier((6, 5), max_iter=3).fit(X, y).set_params(transform_layer=layer)
        with pytest.raises(ValueError, match="'all' or from -2 to 1 with 2 hidden layers"):
            network.transform(X)


def clone_with_layer(network, layer):
    return pickle.loads(pickle.dumps(network)).set_params(transform_layer=layer)


def test_partial_fit_equals_fit_with_a_pickle_in_between(task):
    classifier, X, y = task
    parameters = {
        "hidden_layer_sizes": (12, 6), "activation": ("prelu", "gelu"), "solver": "adamw",
        "dropout": 0.2, "learning_rate": "cosine", "warmup_fraction": 0.1, "max_iter": 6,
        "label_smoothing": 0.1, "max_grad_norm": 1.0, "shuffle": False, "batch_size": 40,
        "random_state": 0,
    }  # fmt: skip
    whole = classifier(**parameters, n_iter_no_change=None).fit(X, y)
    network = classifier(**parameters)
    for _ in range(6):
        network.partial_fit(X, y, classes=np.unique(y))
        network = pickle.loads(pickle.dumps(network))
    assert_same_network(network, whole)
    assert network.loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_that_has_ended_has_converged(binary_data, schedule):
    """Only of others does reaching max_iter tell that there is more to learn."""
    network = MLPBinaryClassifier((4,), learning_rate=schedule, solver="sgd", max_iter=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        network.fit(*binary_data)
    is_over = schedule in ("cosine", "one_cycle", "coslog4")
    assert bool(caught) != is_over
    assert network.n_iter_ == 3


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_partial_fit_says_where_a_schedule_has_ended(binary_data, schedule, recwarn):
    X, y = binary_data
    network = MLPBinaryClassifier((4,), learning_rate=schedule, max_iter=3, batch_size=50)
    for _ in range(3):
        network.partial_fit(X, y, classes=[0, 1])
    assert not recwarn
    factor = SCHEDULES[schedule].factor
    if factor is not None and np.max(factor(Time(3, 4, n_epochs=3, seen=0), 0.0)) < 1e-3:
        with pytest.warns(UserWarning, match="has come to its end after max_iter=3") as warned:
            network.partial_fit(X, y)
        assert warned[0].filename == __file__
    else:
        network.partial_fit(X, y)
        assert not recwarn


def test_partial_fit_with_another_solver_goes_on(binary_data):
    """With an empty memory, but at the same place of the schedule, and with all weights."""
    X, y = binary_data
    network = MLPBinaryClassifier((4,), learning_rate="cosine", max_iter=4, random_state=0)
    network.partial_fit(X, y, np.full(len(y), 100.0), classes=[0, 1])
    network.set_params(solver="adamw").partial_fit(X, y)
    assert network._state.members[0].steps == 1
    assert network._state.epochs == 2
    assert network.loss_ < 0.05  # weights of 1 among a mean of 50.5


@pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
def test_label_smoothing_keeps_probabilities_away_from_0(classifier):
    """Separable classes would be told apart with certainty otherwise."""
    X, y = np.repeat([[-1.0], [1.0]], 50, axis=0), np.repeat([0, 1], 50)
    network = classifier((8,), solver="lbfgs", label_smoothing=0.2, alpha=0.0, tol=1e-8)
    p = network.set_params(random_state=0).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p[np.arange(100), y], 0.9, atol=1e-3)


def test_advice_to_scale():
    X, y = load_breast_cancer(return_X_y=True)
    X = np.hstack([X, np.full((len(X), 1), 0.1)])  # whose deviation is rounding
    with pytest.warns(
        ConvergenceWarning, match="StandardScaler.*differ by a factor of [23]e"
    ) as w:
        MLPBinaryClassifier(max_iter=2, random_state=0).fit(X, y)
    assert len(w) == 1
    with pytest.warns(ConvergenceWarning, match="MaxAbsScaler.*by a factor of [23]e"):
        MLPBinaryClassifier(max_iter=2, random_state=0).fit(sparse.csr_array(X), y)
    with pytest.warns(ConvergenceWarning, match="lbfgs stopped.*differ by a factor of [23]e"):
        MLPBinaryClassifier(max_iter=2, solver="lbfgs", random_state=0).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="yet. Raise max_iter or tol, change learning_"):
        MLPBinaryClassifier(max_iter=2).fit(StandardScaler().fit_transform(X), y)
    with pytest.warns(ConvergenceWarning, match="differ by a factor of [23]e"):
        MLPBinaryClassifier(activation="tanh", max_iter=2).fit(1e150 * X, y)


def test_one_search_over_everything():
    X, y = load_breast_cancer(return_X_y=True)
    network = MLPBinaryClassifier(
        (8, 4), solver="adamw", max_iter=20, batch_size=32, random_state=0
    )
    grid = {
        "activation": ["relu", ("gelu", "tanh"), ["prelu", "selu"]],
        "hidden_layer_sizes": [(8, 4), (16, 8)],
        "dropout": [0.0, (0.1, 0.2)],
        "class_weight": [None, "balanced", {0: 2.0}],
        "learning_rate": ["constant", "one_cycle"],
    }
    grid = {f"mlpbinaryclassifier__{name}": values for name, values in grid.items()}
    pipeline = make_pipeline(StandardScaler(), network)
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 72
    assert search.best_score_ > 0.95
