"""Several members in one fit, the temperature, and what a fit takes from the data before."""

import pickle

import joblib
import numpy as np
import pytest
from scipy import sparse
from scipy.special import logsumexp, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import log_loss

import skmlp._assembly
import skmlp._problem
import skmlp._team
import skmlp._training
from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._outputs.base import as_targets
from skmlp._outputs.classes import Multinomial
from skmlp._splitting import fold_rows
from skmlp._team import n_helpful_members
from tests import oracles
from tests.helpers import SOLVERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def make_data(n_classes, n_rows=200):
    return make_classification(
        n_rows,
        6,
        n_informative=5,
        n_redundant=0,
        n_classes=n_classes,
        flip_y=0.2,
        random_state=0,
    )


TASKS = pytest.mark.parametrize(
    ("classifier", "n_classes"),
    [(MLPBinaryClassifier, 2), (MLPMulticlassClassifier, 3), (MLPMulticlassClassifier, 2)],
    ids=["binary", "3 classes", "2 classes"],
)


def logits_of_members(network, X):
    """Return (n_members, n, q), computed with NumPy alone."""
    result = []
    for i in range(network.n_members):
        coefs = [part[i] for part in network.coefs_]
        intercepts = [part[i] for part in network.intercepts_]
        result.append(oracles.forward(X, coefs, intercepts, network.activation)[-1])
    return np.array(result)


def probabilities_of(logits):
    if logits.shape[-1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=-1)
    return softmax(logits, axis=-1)


class TestPredictions:
    @pytest.fixture(params=[(MLPBinaryClassifier, 2), (MLPMulticlassClassifier, 3)])
    def fitted(self, request):
        classifier, n_classes = request.param
        X, y = make_data(n_classes)
        network = classifier((7, 5), n_members=3, max_iter=5, random_state=0)
        return network.fit(X, y), X

    def test_probabilities_are_the_members_mean(self, fitted):
        network, X = fitted
        expected = probabilities_of(logits_of_members(network, X)).mean(axis=0)
        np.testing.assert_allclose(network.predict_proba(X), expected, rtol=1e-10)
        np.testing.assert_array_equal(network.predict(X), expected.argmax(axis=1))
        np.testing.assert_allclose(network.predict_log_proba(X), np.log(expected), rtol=1e-9)

    def test_decision_function_has_the_probabilities(self, fitted):
        network, X = fitted
        decision = network.decision_function(X)
        if decision.ndim == 1:
            decision = decision[:, None]
        np.testing.assert_allclose(
            probabilities_of(decision), network.predict_proba(X), rtol=1e-10
        )

    def test_transform_has_all_members_side_by_side(self, fitted):
        network, X = fitted
        hidden = network.transform(X)
        assert hidden.shape == (200, 3 * 5)
        for i in range(3):
            coefs = [part[i] for part in network.coefs_]
            intercepts = [part[i] for part in network.intercepts_]
            expected = oracles.forward(X, coefs, intercepts, "relu")
            np.testing.assert_allclose(hidden[:, 5 * i : 5 * i + 5], expected[1], atol=1e-12)
            both = clone(network).set_params(transform_layer="all").fit(X, network.predict(X))
        names = network.get_feature_names_out()
        assert names[6] == f"{type(network).__name__.lower()}_member1_unit1"
        assert len(set(names)) == 15
        names = both.get_feature_names_out()
        assert names[-1].endswith("_member2_layer1_unit4")
        assert both.transform(X).shape == (200, len(names)) == (200, 3 * 12)

    def test_coefs_are_views(self, fitted):
        network, X = fitted
        before = network.predict_proba(X)
        assert network.coefs_[0].shape == (3, 6, 7)
        assert network.intercepts_[1].shape == (3, 5)
        network.coefs_[-1][1] *= 2
        assert not np.allclose(network.predict_proba(X), before)

    def test_pickle(self, fitted):
        network, X = fitted
        loaded = pickle.loads(pickle.dumps(network))
        np.testing.assert_array_equal(loaded.predict_proba(X), network.predict_proba(X))


@TASKS
def test_members_are_what_single_networks_would_be(classifier, n_classes):
    X, y = make_data(n_classes)
    params = {"hidden_layer_sizes": (8,), "max_iter": 6, "batch_size": 32, "dropout": 0.1}
    together = classifier(n_members=3, random_state=0, **params).fit(X, y)
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)
    losses = []
    for i, seed in enumerate(seeds):
        alone = classifier(random_state=np.random.RandomState(seed), **params).fit(X, y)
        for ours, theirs in zip(together.coefs_, alone.coefs_, strict=True):
            np.testing.assert_array_equal(ours[i], theirs)
        losses.append(alone.loss_curve_)
    np.testing.assert_allclose(together.loss_curve_, np.mean(losses, axis=0))


@pytest.mark.parametrize(
    ("n_jobs", "n_members", "n_products", "expected"),
    [
        (3, 8, 10**9, 3),
        (8, 2, 10**9, 2),
        (64, 32, 10**9, 16),
        (None, 8, 10**9, 1),
        (4, 1, 10**9, 1),
        (4, 8, 10**6, 1),
        (4, 8, 2 * 10**6, 3),
    ],
)
def test_how_many_threads_members_have(n_jobs, n_members, n_products, expected, monkeypatch):
    monkeypatch.setattr(skmlp._team, "cpu_count", lambda: 16)
    assert n_helpful_members(n_jobs, n_members, n_products) == expected


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_the_same_bits_for_any_number_of_threads(n_jobs, monkeypatch):
    monkeypatch.setattr(skmlp._training, "n_helpful_members", lambda n_jobs, *_: n_jobs or 1)
    X, y = make_data(2, 4000)
    network = MLPBinaryClassifier.tabular(
        hidden_layer_sizes=(100, 100), n_members=3, max_iter=2, random_state=0
    )
    one = clone(network).fit(X, y)
    several = network.set_params(n_jobs=n_jobs).fit(X, y)
    for ours, theirs in zip(one.coefs_, several.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class TestMembersHoldOutFolds:
    @pytest.fixture
    def splits(self, monkeypatch):
        """The splits of fits that follow."""
        seen = []

        def recording(*args, **kwargs):
            seen.append(fold_rows(*args, **kwargs))
            return seen[-1]

        monkeypatch.setattr(skmlp._assembly, "fold_rows", recording)
        return seen

    @TASKS
    @pytest.mark.parametrize("scoring", [None, "neg_log_loss", "balanced_accuracy"])
    def test_the_score_is_of_all_held_out_predictions(
        self, splits, classifier, n_classes, scoring
    ):
        X, y = make_data(n_classes)
        network = classifier(
            (8,),
            n_members=4,
            early_stopping=True,
            validation_fraction=0.25,
            learning_rate_init=0.01,
            max_iter=8,
            scoring=scoring,
            random_state=0,
        ).fit(X, y)
        (parts,) = splits
        logits = logits_of_members(network, X)
        watched = [rows for _, rows in parts]
        held_out = [
            (y[rows], probabilities_of(part[rows]))
            for part, rows in zip(logits, watched, strict=True)
        ]
        y_all, p_all = map(np.concatenate, zip(*held_out, strict=True))
        assert np.bincount(np.concatenate(watched)).tolist() == [1] * 200
        loss = log_loss(y_all, p_all)
        best = network.validation_scores_[network.best_iter_ - 1]
        assert best == max(network.validation_scores_) == network.best_validation_score_
        assert network.validation_loss_curve_[network.best_iter_ - 1] == pytest.approx(loss)
        if scoring == "neg_log_loss":
            assert best == pytest.approx(-loss)
        elif scoring is None:
            assert best == pytest.approx((p_all.argmax(axis=1) == y_all).mean())
        else:  # averaged over the members
            scores = [
                np.mean([(p.argmax(axis=1) == t)[t == k].mean() for k in range(n_classes)])
                for t, p in held_out
            ]
            assert best == pytest.approx(np.mean(scores))

    def test_members_without_a_score_do_not_count(self):
        """A fold without the rare class has no area under the curve."""
        X, y = make_data(2, 104)
        y = (np.arange(104) < 5).astype(int)
        network = MLPBinaryClassifier(
            (8,), n_members=8, early_stopping=True, validation_fraction=0.125, max_iter=5,
            scoring="roc_auc", random_state=0,
        )  # fmt: skip
        with pytest.warns(UndefinedMetricWarning):
            network.fit(X, y)
        assert np.isfinite(network.validation_scores_).all()
        assert network.best_iter_ is not None

    @pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
    def test_no_row_left_to_hold_out(self):
        network = MLPMulticlassClassifier(
            n_members=2, early_stopping=True, validation_fraction=0.25, max_iter=2
        )
        with pytest.warns(UserWarning, match="100 rows are too few .* makes it 0, and there"):
            network.fit(make_data(2, 100)[0], np.arange(100))
        assert network.best_iter_ is network.validation_scores_ is None

    def test_own_validation_rows_are_those_of_all(self):
        X, y = make_data(2)
        network = MLPBinaryClassifier(
            (8,), n_members=3, early_stopping=True, max_iter=5, random_state=0,
            scoring="neg_log_loss", n_iter_no_change=None,
        ).fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])  # fmt: skip
        probabilities = probabilities_of(logits_of_members(network, X[150:]))
        losses = [log_loss(y[150:], part) for part in probabilities]
        assert network.best_validation_score_ == pytest.approx(-np.mean(losses))

    def test_too_few_rows(self, splits):
        X, y = make_data(2, 79)
        network = MLPBinaryClassifier.tabular(max_iter=3, random_state=0)
        with pytest.warns(UserWarning, match="79 rows are too few .* 8 folds"):
            network.fit(X, y)
        assert splits == [None]
        assert network.n_iter_ == 3
        assert network.temperature_ == 1
        assert network.best_iter_ is network.validation_scores_ is None
        assert network.best_loss_ == min(network.loss_curve_)

    def test_folds(self):
        y = np.repeat([0, 1, 2, 3], [60, 36, 3, 1])
        rows = np.arange(5, 105)[::-1].copy()
        codes = np.concatenate([np.full(5, 9), y])
        for n_members in (3, 10, 13):
            parts = fold_rows(
                rows, codes, n_members=n_members, fraction=0.1,
                random_state=np.random.RandomState(0),
            )  # fmt: skip
            assert len(parts) == n_members
            for training, validation in parts:
                assert sorted([*training, *validation]) == sorted(rows)
                assert set(codes[training]) == {0, 1, 2, 3}, "no class is lost"
                assert abs((codes[validation] == 0).sum() - 6) <= 1
            held_out = np.concatenate([validation for _, validation in parts[:10]])
            assert len(set(held_out)) == len(held_out), "each row once"

    def test_without_a_class_large_enough_for_all_folds(self):
        y = np.repeat(np.arange(60), 2)
        parts = fold_rows(
            np.arange(120),
            y,
            n_members=12,
            fraction=1 / 12,
            random_state=np.random.RandomState(0),
        )
        assert all(set(y[training]) == set(y) for training, _ in parts)

    @pytest.mark.parametrize("fraction", [0.0, 0.6])
    def test_impossible_fractions(self, fraction):
        X, y = make_data(2)
        network = MLPBinaryClassifier(
            n_members=2, early_stopping=True, validation_fraction=fraction
        )
        with pytest.raises(ValueError, match=r"from above 0 to 0\.5"):
            network.fit(X, y)


class TestTemperature:
    @TASKS
    def test_the_loss_is_least(self, classifier, n_classes):
        X, y = make_data(n_classes, 350)
        X, X_val, y, y_val = X[:200], X[200:], y[:200], y[200:]
        params = {"learning_rate_init": 0.05, "max_iter": 30, "random_state": 0}
        weights = np.random.default_rng(0).uniform(size=150)
        validation = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weights}
        network = classifier((30,), early_stopping=True, scoring="accuracy", **params)
        plain = clone(network).fit(X, y, **validation)
        scaled = network.set_params(temperature_scaling=True).fit(X, y, **validation)
        assert plain.temperature_ == 1
        assert abs(scaled.temperature_ - 1) > 1e-3, "or the test shows little"
        np.testing.assert_allclose(
            scaled.decision_function(X), plain.decision_function(X) / scaled.temperature_
        )
        logits = np.log(plain.predict_proba(X_val))
        losses = [
            log_loss(y_val, softmax(logits / t, axis=1), sample_weight=weights)
            for t in scaled.temperature_ * np.array([0.99, 1.0, 1.01])
        ]
        assert losses[1] == min(losses)
        assert scaled.validation_loss_curve_[scaled.best_iter_ - 1] == pytest.approx(losses[1])

    def test_bounds(self):
        y, weights = as_targets(np.array([0, 1, 0, 1]), float), np.ones(4)
        right = np.array([[0, -1.0], [0, 1.0], [0, -1.0], [0, 1.0]])
        output = Multinomial(np.arange(2))
        assert output.best_temperature(right, y, weights) == 0.25
        assert output.best_temperature(-right, y, weights) == 20

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_derivative_is_that_of_the_loss(self, n_classes):
        rng = np.random.default_rng(0)
        logits = 3 * rng.normal(size=(50, n_classes))
        chances = softmax(logits / 2, axis=1)
        y = np.array([rng.choice(n_classes, p=row) for row in chances])
        output, weights = Multinomial(np.arange(n_classes)), np.ones(50)
        temperature = output.best_temperature(logits, as_targets(y, float), weights)

        def loss(t):
            return (logsumexp(logits / t, axis=1) - logits[np.arange(50), y] / t).mean()

        around = [loss(temperature * factor) for factor in (0.98, 1, 1.02)]
        assert 1 < temperature < 4
        assert min(around) == around[1]


class TestRefused:
    def test_temperature_without_held_out_rows(self):
        with pytest.raises(ValueError, match="temperature_scaling=True needs rows"):
            MLPBinaryClassifier(temperature_scaling=True).fit(*make_data(2))

    @pytest.mark.parametrize(
        "params", [{"n_members": 2}, {"temperature_scaling": True, "early_stopping": True}]
    )
    def test_lbfgs(self, params):
        with pytest.raises(ValueError, match="solver='lbfgs' trains one network"):
            MLPBinaryClassifier(solver="lbfgs", **params).fit(*make_data(2))

    @pytest.mark.parametrize(
        "solver",
        [
            solver for solver in SOLVERS
            if solver not in OPTIMIZERS or "scaling_rate" not in OPTIMIZERS[solver].settings
        ],
    )  # fmt: skip
    def test_scales_without_adamw(self, solver):
        with pytest.raises(ValueError, match="scaling_rate is for solver='adamw'"):
            MLPBinaryClassifier(solver=solver, scaling_rate=1.0).fit(*make_data(2))

    @pytest.mark.parametrize(
        "params",
        [{"solver": "sgd", "scaling_rate": 5.0}, {"temperature_scaling": True}],
        ids=["scales", "temperature"],
    )
    def test_by_partial_fit_too(self, params):
        X, y = make_data(2)
        with pytest.raises(ValueError, match=r"adamw|early_stopping"):
            MLPBinaryClassifier(**params).partial_fit(X, y, classes=[0, 1])

    def test_another_number_of_members_in_a_warm_start(self):
        X, y = make_data(2)
        network = MLPBinaryClassifier(n_members=2, warm_start=True, max_iter=2).fit(X, y)
        with pytest.raises(ValueError, match="n_members now asks for 3"):
            network.set_params(n_members=3).fit(X, y)


@pytest.mark.parametrize("scaling_rate", [0.0, 5.0])
@pytest.mark.parametrize("init", ["random", "data"])
def test_partial_fit_is_fit(scaling_rate, init):
    """With pickling in mid-stream, too."""
    X, y = make_data(3)
    network = MLPMulticlassClassifier(
        (8,), n_members=2, solver="adamw", scaling_rate=scaling_rate, init=init,
        batch_size=50, max_iter=4, n_iter_no_change=None, shuffle=False, random_state=0,
    )  # fmt: skip
    whole = clone(network).fit(X, y)
    for _ in range(4):
        network.partial_fit(X, y, classes=np.unique(y))
        network = pickle.loads(pickle.dumps(network))
    for ours, theirs in zip(network.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class TestInitializationFromData:
    def start(self, X, y, **params):
        """Return a network whose only step is too small to be seen."""
        return MLPBinaryClassifier(
            (40, 30), activation="silu", init="data", max_iter=1, learning_rate_init=1e-30,
            random_state=0, **params,
        ).fit(X, y)  # fmt: skip

    def test_units_spread_by_one_and_turn_among_the_rows(self):
        X, y = make_data(2)
        X = X * [1e-6, 1e3, 1.0, 1.0, 1.0, 1.0] + [0, 1e4, -3, 0, 0, 0]
        network = self.start(X, y)
        (first, second, last), (b_1, b_2, b_3) = network.coefs_, network.intercepts_
        z = X @ first + b_1
        np.testing.assert_allclose(z.std(axis=0), 1)
        assert ((z.min(axis=0) < 0) & (z.max(axis=0) > 0)).sum() >= 0.9 * 40
        h = z / (1 + np.exp(-z))
        np.testing.assert_allclose((h @ second + b_2).std(axis=0), 1)
        np.testing.assert_allclose(last, 0, atol=1e-20)
        np.testing.assert_allclose(b_3, 0, atol=1e-20)

    def test_weights_count_as_rows(self):
        X, y = make_data(2)
        weights = np.random.default_rng(0).integers(0, 3, 200)
        weighted = MLPBinaryClassifier(
            (40,), init="data", max_iter=1, batch_size=400, random_state=0
        )
        repeated = clone(weighted)
        with pytest.warns(UserWarning, match="batch_size"):
            weighted.fit(X, y, weights)
        with pytest.warns(UserWarning, match="batch_size"):
            repeated.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
        np.testing.assert_allclose(weighted.coefs_[0], repeated.coefs_[0])

    def test_sparse_rows_and_a_constant_column(self):
        X, y = make_data(2)
        X = np.where(X > 0.5, X, 0.0)
        X[:, 2] = 0
        dense, csr = self.start(X, y), self.start(sparse.csr_matrix(X), y)
        np.testing.assert_allclose(dense.coefs_[0], csr.coefs_[0])
        assert np.isfinite(dense.coefs_[0]).all()

    @pytest.mark.parametrize("scale", [1e-20, 1e20])
    def test_units_of_any_size(self, scale):
        X, y = make_data(2)
        z = scale * X @ self.start(scale * X, y).coefs_[0]
        np.testing.assert_allclose(z.std(axis=0), 1)

    def test_rows_that_are_all_the_same(self):
        network = self.start(np.full((100, 4), 123.456), np.arange(100) % 2)
        assert abs(network.coefs_[0]).max() < 10

    def test_many_rows_are_sampled(self):
        X, y = make_data(2, 5000)
        z = X @ self.start(X, y).coefs_[0]
        np.testing.assert_allclose(z.std(axis=0), 1, atol=0.1)


class TestScalesOfInputs:
    def expected(self, X, y, start, n_epochs, *, rate, factor, decay, batch_size):
        """Return both layers' weights after AdamW's steps on V, s and the rest."""
        parts = [np.array(part) for part in (*start.coefs_, *start.intercepts_)]
        parts.append(np.ones(X.shape[1]))
        first, second = ([np.zeros_like(part) for part in parts] for _ in range(2))
        step = 0
        for _ in range(n_epochs):
            for k in range(0, len(X), batch_size):
                x, t, step = X[k : k + batch_size], y[k : k + batch_size], step + 1
                v, w, b, c, s = parts
                h = np.tanh(x @ (s[:, None] * v) + b)
                delta = (1 / (1 + np.exp(-(h @ w + c))) - t[:, None]) / len(x)
                below = delta @ w.T * (1 - h**2)
                grad = x.T @ below
                gradients = [
                    s[:, None] * grad, h.T @ delta, below.sum(axis=0), delta.sum(axis=0),
                    (grad * v).sum(axis=1),
                ]  # fmt: skip
                for i, gradient in enumerate(gradients):
                    first[i] = 0.9 * first[i] + 0.1 * gradient
                    second[i] = 0.999 * second[i] + 0.001 * gradient**2
                    m, r = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
                    parts[i] = parts[i] * (1 - rate * decay * (i < 2))
                    parts[i] = parts[i] - rate * (factor if i == 4 else 1) * m / (
                        np.sqrt(r) + 1e-8
                    )
        return parts[4][:, None] * parts[0], parts[1]

    @pytest.mark.parametrize("n_jobs", [2, 3])
    def test_the_same_bits_for_any_number_of_threads(self, n_jobs, all_threads):
        for seed in range(4):
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(300, 133)).astype(np.float32)
            network = MLPBinaryClassifier(
                (65, 9), solver="adamw", scaling_rate=5.0, max_iter=4, n_jobs=1, random_state=0
            )
            one = clone(network).fit(X, X[:, 0] > 0)
            several = network.set_params(n_jobs=n_jobs).fit(X, X[:, 0] > 0)
            for ours, theirs in zip(one.coefs_, several.coefs_, strict=True):
                np.testing.assert_array_equal(ours, theirs)
        assert set(all_threads) == {1, n_jobs}

    @pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
    def test_steps(self, dtype, tolerance):
        X, y = make_data(2)
        params = {
            "hidden_layer_sizes": (9,), "activation": "tanh", "solver": "adamw", "alpha": 0.1,
            "batch_size": 60, "shuffle": False, "tol": 0, "random_state": 0,
        }  # fmt: skip
        start = MLPBinaryClassifier(max_iter=1, learning_rate_init=1e-30, **params).fit(X, y)
        network = MLPBinaryClassifier(
            max_iter=5, learning_rate_init=0.05, scaling_rate=3.0, **params
        ).fit(X.astype(dtype), y)
        expected = self.expected(
            X, y, start, 5, rate=0.05, factor=3.0, decay=0.1, batch_size=60
        )
        for ours, theirs in zip(network.coefs_, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=tolerance)

    def test_features_that_matter_grow(self):
        """They are found among many that do not, with a smaller error than without factors."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(900, 60)).astype(np.float32)
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
        network = MLPBinaryClassifier(
            (64,), activation="silu", solver="adamw", learning_rate="cosine", init="data",
            learning_rate_init=0.003, max_iter=60, n_iter_no_change=None, random_state=0,
        )  # fmt: skip
        plain = clone(network).fit(X[:600], y[:600])
        scaled = network.set_params(scaling_rate=60.0).fit(X[:600], y[:600])
        norms = np.linalg.norm(scaled.coefs_[0], axis=1)
        assert norms[:2].min() > 1.5 * norms[2:].max()
        assert scaled.score(X[600:], y[600:]) > plain.score(X[600:], y[600:]) + 0.05

    def test_what_is_written_into_coefs_is_gone_on_from(self):
        X, y = make_data(2)
        network = MLPBinaryClassifier(
            (5,), solver="adamw", scaling_rate=5.0, learning_rate_init=1e-3, random_state=0
        ).partial_fit(X, y, classes=[0, 1])
        network.coefs_[0][3] = 7.0
        network.partial_fit(X, y)
        np.testing.assert_allclose(network.coefs_[0][3], 7.0, rtol=0.1)

    @pytest.mark.parametrize("scaling_rate", [0.0, 5.0])
    def test_going_on_from_a_memory_map_with_or_without_factors(self, scaling_rate, tmp_path):
        X, y = make_data(2)
        network = MLPBinaryClassifier(
            (5,), n_members=2, solver="adamw", scaling_rate=5.0, random_state=0
        ).partial_fit(X, y, classes=[0, 1])
        joblib.dump(network, tmp_path / "model")
        loaded = joblib.load(tmp_path / "model", mmap_mode="r")
        for each in (network, loaded):
            each.set_params(scaling_rate=scaling_rate).partial_fit(X, y)
        np.testing.assert_array_equal(loaded.coefs_[0], network.coefs_[0])
        assert (network._state.members[0].scaling.size > 0) == (scaling_rate > 0)
