"""The regressor: scales of y, quantiles, members, scores, and what it refuses."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import (
    d2_absolute_error_score,
    d2_pinball_score,
    get_scorer,
    mean_gamma_deviance,
    mean_poisson_deviance,
    r2_score,
)
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skmlp import MLPBinaryClassifier, MLPRegressor, TabularPreprocessor
from skmlp._outputs.numbers import KINDS, Numbers, r2
from tests.helpers import assert_same_network

# These fits are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BRIEF = {"max_iter": 10, "random_state": 0}
LONG = {"max_iter": 60, "learning_rate_init": 0.01, "random_state": 0, "normalize_y": True}


@pytest.fixture(scope="module")
def data():
    """X of shape (400, 6) and y > 0, whose spread grows with its mean."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    return X, np.exp(X[:, 0] + 0.5 * X[:, 1] ** 2) * rng.gamma(4.0, 0.25, 400) + 1e-3


def fit(data, loss="squared_error", **params):
    return MLPRegressor(loss, (16,), **{**BRIEF, **params}).fit(*data)


class TestScaleOfY:
    @pytest.mark.parametrize("loss", KINDS)
    @pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e9, 1e200])
    def test_predictions_follow_the_unit_of_y(self, data, loss, factor):
        """Those of a normalised y, to rounding, whose effect ten epochs leave below 1e-9."""
        X, y = data
        expected = fit((X, y), loss, normalize_y=True).predict(X)
        found = fit((X, y * factor), loss, normalize_y=True).predict(X)
        np.testing.assert_allclose(found / factor, expected, rtol=1e-9)

    @pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
    def test_predictions_follow_the_origin_of_y(self, data, loss):
        X, y = data
        expected = fit((X, y), loss, normalize_y=True).predict(X)
        found = fit((X, y - 1000), loss, normalize_y=True).predict(X)
        np.testing.assert_allclose(found + 1000, expected, atol=1e-8)

    def test_it_is_what_a_transformed_target_gives(self, data):
        X, y = data
        mean, deviation = y.mean(), y.std()
        by_hand = fit((X, (y - mean) / deviation))
        network = fit((X, y), normalize_y=True)
        np.testing.assert_allclose(
            network.predict(X), by_hand.predict(X) * deviation + mean, rtol=1e-12
        )
        np.testing.assert_allclose(network.loss_curve_, by_hand.loss_curve_, rtol=1e-12)

    def test_each_column_has_a_scale_of_its_own(self, data):
        X, y = data
        both = fit((X, np.column_stack([y, 1e6 * y])), normalize_y=True).predict(X)
        assert both.shape == (400, 2)
        assert r2_score(y, both[:, 0]) == pytest.approx(r2_score(1e6 * y, both[:, 1]), abs=0.2)

    def test_weights_are_those_of_the_mean(self, data):
        """A row of weight 2 counts as two rows."""
        X, y = data
        twice = np.arange(len(y)) % 3 == 0
        weighted = MLPRegressor(
            hidden_layer_sizes=(), normalize_y=True, solver="lbfgs", tol=1e-9, random_state=0
        )
        weighted.fit(X, y, sample_weight=1.0 + twice)
        repeated = clone(weighted).fit(
            np.concatenate([X, X[twice]]), np.concatenate([y, y[twice]])
        )
        np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-4)

    @pytest.mark.parametrize("loss", KINDS)
    @pytest.mark.parametrize("value", [1e-300, 0.1, 3.0, 1e300])
    def test_a_constant(self, data, loss, value):
        """Of a logarithm the network has to learn that it is 0."""
        network = fit((data[0], np.full(400, value)), loss, **LONG)
        rtol = 0.3 if network.out_activation_ == "exp" else 1e-12
        np.testing.assert_allclose(network.predict(data[0]), value, rtol=rtol)

    def test_predictions_keep_the_precision_of_a_large_mean(self, data):
        """In float32, whose numbers near 1e6 are 0.06 apart."""
        X, y = data
        X = X.astype(np.float32)
        near = fit((X, y), normalize_y=True).predict(X)
        far = fit((X, y + 1e6), normalize_y=True).predict(X)
        assert far.dtype == np.float32
        np.testing.assert_allclose(far.astype(float) - 1e6, near, atol=0.07)

    def test_numbers_beyond_float32(self, data):
        X, y = data
        X = X.astype(np.float32)
        for normalize_y in (False, True):
            with pytest.raises(ValueError, match="y contains numbers too large for float32"):
                fit((X, y * 1e40), normalize_y=normalize_y)

    @pytest.mark.parametrize("factor", [1e-5, 1e5])
    def test_a_warning_says_what_to_do(self, data, factor):
        X, y = data
        with pytest.warns(
            ConvergenceWarning, match=r"Set normalize_y=True: y has the mean"
        ) as w:
            MLPRegressor(random_state=0, max_iter=50).fit(X, factor * y)
        assert any("no better than" in str(warning.message) for warning in w)

    def test_it_is_that_of_the_first_call(self, data):
        X, y = data
        network = MLPRegressor(normalize_y=True, random_state=0)
        for _ in range(3):
            network.partial_fit(X, y)
        scale = network._numbers.scale
        network.partial_fit(X, 100 * y)
        assert network._numbers.scale == scale


class TestLosses:
    @pytest.mark.parametrize(
        ("loss", "measure"),
        [("poisson", mean_poisson_deviance), ("gamma", mean_gamma_deviance)],
    )
    def test_the_loss_is_half_the_deviance(self, data, loss, measure):
        X, y = data
        network = MLPRegressor(loss, (), alpha=0, solver="lbfgs", random_state=0).fit(X, y)
        assert network.loss_ == pytest.approx(measure(y, network.predict(X)) / 2, rel=1e-6)
        assert (network.predict(X) > 0).all()

    def test_counts_with_zeros(self, data):
        X, y = data
        counts = np.floor(y)
        assert (counts == 0).any()
        network = MLPRegressor("poisson", **LONG).fit(X, counts)
        assert network.score(X, counts) > 0.6

    @pytest.mark.parametrize(
        ("loss", "value", "message"),
        [
            ("poisson", -1.0, "loss='poisson' needs each y to be at least 0; got -1 in row 7"),
            ("gamma", 0.0, "loss='gamma' needs each y to be above 0; got 0 in row 7"),
            ("gamma", -2.0, "loss='gamma' needs each y to be above 0; got -2 in row 7"),
        ],
    )
    def test_impossible_numbers(self, data, loss, value, message):
        X, y = data
        y = y.copy()
        y[7] = value
        with pytest.raises(ValueError, match=message):
            fit((X, y), loss)
        network = fit(data, loss, early_stopping=True)
        with pytest.raises(ValueError, match=r"validation rows.*" + message):
            network.fit(*data, X_val=X, y_val=y)

    def test_an_outlier_moves_the_median_less(self, data):
        X, y = data
        y = X[:, 0] + 5
        y[::40] += 1000
        errors = [
            np.abs(MLPRegressor(loss, **LONG).fit(X, y).predict(X) - X[:, 0] - 5).mean()
            for loss in ("squared_error", "absolute_error")
        ]
        assert errors[1] < errors[0] / 3

    @pytest.mark.parametrize("n_members", [1, 3])
    def test_quantiles_cover_and_do_not_cross(self, n_members):
        rng = np.random.default_rng(0)
        X = rng.uniform(-1, 1, size=(4000, 2))
        y = X[:, 0] + (0.1 + X[:, 1] ** 2) * rng.normal(size=4000)
        levels = [0.9, 0.1, 0.5]
        network = MLPRegressor(
            "quantile", quantile=levels, n_members=n_members, **(LONG | {"max_iter": 30})
        ).fit(X[:2000], y[:2000])
        predictions = network.predict(X[2000:])
        assert predictions.shape == (2000, 3)
        assert (np.diff(predictions[:, [1, 2, 0]], axis=1) >= 0).all()
        covered = (y[2000:, None] <= predictions).mean(axis=0)
        # Fractions of the 2000 rows of training and of these deviate by 0.01 each.
        np.testing.assert_allclose(covered, levels, atol=0.05)
        expected = np.mean(
            [
                d2_pinball_score(y[2000:], predictions[:, j], alpha=level)
                for j, level in enumerate(levels)
            ]
        )
        assert network.score(X[2000:], y[2000:]) == pytest.approx(expected)

    @pytest.mark.parametrize("n_members", [1, 4])
    def test_calibrated_quantiles_cover_other_rows(self, n_members):
        """A network that overfits has bands that are too narrow for other rows than its own."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(4000, 10))
        y = 100 * (X[:, 0] + rng.normal(size=4000))
        network = MLPRegressor(
            "quantile", (100,), quantile=[0.9, 0.1], learning_rate_init=0.01, max_iter=100,
            early_stopping=True, validation_fraction=0.2, n_iter_no_change=None,
            n_members=n_members, normalize_y=True, scoring=lambda *_: next(rising),
            random_state=0,
        )  # fmt: skip
        coverage, bands = [], []
        for calibrates in (False, True):
            rising = iter(range(1000))  # the last epoch is the best
            network.set_params(calibrate_quantiles=calibrates).fit(X[:1000], y[:1000])
            high, low = network.predict(X[1000:]).T
            bands.append((low, high))
            coverage.append(((low <= y[1000:]) & (y[1000:] <= high)).mean())
        # Some 200 held-out rows of one member tell each of both shares to 0.02.
        assert coverage[0] < 0.65
        assert 0.72 < coverage[1] < 0.87
        # By the same in each row, but for some where quantiles would cross.
        for before, after in zip(*bands, strict=True):
            shifts = after - before
            assert np.isclose(shifts, np.median(shifts)).mean() > 0.9

    @pytest.mark.parametrize("params", [{}, {"loss": "quantile"}])
    def test_nothing_to_calibrate(self, data, params):
        """Other losses, and quantiles without held-out rows, stay as they are."""
        X, y = data
        stops = {"early_stopping": not params, "max_iter": 5}
        network = MLPRegressor(**params, **stops, random_state=0).fit(X, y)
        same = clone(network).set_params(calibrate_quantiles=True).fit(X, y)
        assert_same_network(network, same)

    def test_one_quantile_of_several_outputs(self, data):
        X, y = data
        network = fit((X, np.column_stack([y, -y])), "quantile", quantile=0.8, **LONG)
        covered = (np.column_stack([y, -y]) <= network.predict(X)).mean(axis=0)
        np.testing.assert_allclose(covered, 0.8, atol=0.1)

    def test_several_of_both_are_refused(self, data):
        X, y = data
        with pytest.raises(ValueError, match="several quantiles, and y 2 columns"):
            fit((X, np.column_stack([y, y])), "quantile", quantile=[0.1, 0.9])

    @pytest.mark.parametrize(
        "quantile", [0, 1, -0.1, [0.5, 1.0], [], [[0.1, 0.9]], [0.5, 0.5], ["a"], [np.nan]]
    )
    def test_invalid_quantiles(self, data, quantile):
        with pytest.raises(ValueError, match="quantile"):
            fit(data, "quantile", quantile=quantile)
        with pytest.raises(ValueError, match="quantile"):
            MLPRegressor("quantile", quantile=quantile).partial_fit(*data)


class TestScores:
    def test_r2_is_that_of_scikit_learn(self):
        rng = np.random.default_rng(0)
        weights = rng.uniform(0, 2, 30)
        for n_outputs in (1, 3):
            y, p = rng.normal(size=(2, 30, n_outputs))
            p[:, 0] = y[:, 0]
            expected = r2_score(y, p, sample_weight=weights)
            assert r2(y, p, weights) == pytest.approx(expected)
            y[:, 0] = 1.0
            for constant in (1.0, 2.0):
                p[:, 0] = constant
                expected = r2_score(y, p, sample_weight=weights)
                assert r2(y, p, weights) == pytest.approx(expected)

    @pytest.mark.parametrize("normalize_y", [False, True])
    @pytest.mark.parametrize(
        ("loss", "measure"),
        [
            *((loss, r2_score) for loss in ("squared_error", "poisson", "gamma")),
            ("absolute_error", d2_absolute_error_score),
            ("quantile", d2_pinball_score),
        ],
    )
    def test_early_stopping_goes_by_the_loss_s_own(self, data, loss, measure, normalize_y):
        X, y = data
        network = fit(
            (X[:300], y[:300]), loss, early_stopping=True, normalize_y=normalize_y, max_iter=3
        )
        network.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
        expected = measure(y[300:], network.predict(X[300:]))
        assert network.best_validation_score_ == pytest.approx(expected)

    @pytest.mark.parametrize("normalize_y", [False, True])
    @pytest.mark.parametrize(
        "scoring",
        ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error",
         "neg_mean_absolute_error", "neg_mean_poisson_deviance", "neg_max_error"],
    )  # fmt: skip
    def test_scorers_are_in_the_unit_of_y(self, data, scoring, normalize_y):
        X, y = data
        y = 10 * y
        network = MLPRegressor(
            "poisson", (8,), scoring=scoring, early_stopping=True, normalize_y=normalize_y,
            **BRIEF,
        )  # fmt: skip
        weights = np.random.default_rng(1).uniform(1, 2, 100)
        takes_weights = scoring != "neg_max_error"
        network.fit(
            X[:300], y[:300], X_val=X[300:], y_val=y[300:],
            sample_weight_val=weights if takes_weights else None,
        )  # fmt: skip
        given = {"sample_weight": weights} if takes_weights else {}
        expected = get_scorer(scoring)(network, X[300:], y[300:], **given)
        assert network.best_validation_score_ == pytest.approx(expected)

    @pytest.mark.parametrize("scoring", ["neg_brier_score", "accuracy", "neg_log_loss"])
    def test_scorers_of_classifiers(self, data, scoring):
        with pytest.raises(ValueError, match="scoring"):
            fit(data, early_stopping=True, scoring=scoring)

    def test_members_are_scored_together(self, data):
        """R² of each fold by itself would be of another mean of y."""
        network = fit(
            data, n_members=4, early_stopping=True, validation_fraction=0.25, max_iter=1
        )
        assert network.best_validation_score_ < 1
        assert len(network.validation_scores_) == 1

    def test_cross_validation(self):
        X, y = make_friedman1(300, random_state=0)
        assert cross_val_score(MLPRegressor(**LONG), X, y).mean() > 0.6


class TestMembers:
    @pytest.mark.parametrize("loss", KINDS)
    @pytest.mark.parametrize("normalize_y", [False, True])
    def test_their_spread(self, data, loss, normalize_y):
        X, _ = data
        quantile = [0.2, 0.7] if loss == "quantile" else 0.5
        network = fit(data, loss, n_members=3, normalize_y=normalize_y, quantile=quantile)
        mean, deviation = network.predict(X, return_std=True)
        members = network.predict_members(X)
        assert members.shape == (3, *mean.shape)
        np.testing.assert_array_equal(mean, network.predict(X))
        np.testing.assert_allclose(members.mean(axis=0), mean, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(members.std(axis=0), deviation, rtol=1e-7, atol=1e-12)
        assert (deviation > 0).all()

    def test_one_has_no_spread(self, data):
        network = fit(data)
        with pytest.raises(ValueError, match=r"return_std=True.*fit with n_members=2 or more"):
            network.predict(data[0], return_std=True)
        np.testing.assert_array_equal(
            network.predict_members(data[0])[0], network.predict(data[0])
        )

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_probabilities_of_members(self, data, dtype):
        X, y = data[0], data[1] > 1
        network = MLPBinaryClassifier((8,), n_members=3, **BRIEF).fit(X.astype(np.float32), y)
        found = network.predict_proba_members(X.astype(dtype))
        assert found.shape == (3, 400, 2)
        assert found.dtype == dtype
        expected = network.predict_proba(X.astype(dtype))
        np.testing.assert_allclose(found.mean(axis=0), expected, rtol=1e-5)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_threads_change_nothing(self, data, n_jobs):
        X, _ = data
        network = fit(data, n_members=3, early_stopping=True, n_jobs=n_jobs)
        expected = fit(data, n_members=3, early_stopping=True)
        np.testing.assert_array_equal(network.predict(X), expected.predict(X))


class TestCalls:
    def test_parameters_set_after_a_fit_leave_predictions(self, data):
        network = fit(data, "poisson")
        expected = network.predict(data[0])
        network.set_params(loss="quantile", quantile=[0.1, 0.9], normalize_y=True)
        np.testing.assert_array_equal(network.predict(data[0]), expected)

    @pytest.mark.parametrize(
        "change",
        [{"loss": "gamma"}, {"quantile": 0.7}, {"quantile": [0.5]}, {"normalize_y": True}],
        ids=str,
    )
    def test_what_cannot_change_between_calls(self, data, change):
        network = MLPRegressor("quantile", warm_start=True, **BRIEF).fit(*data)
        if change == {"quantile": [0.5]}:  # the same
            network.set_params(**change).fit(*data)
            return
        (name,) = change
        for method in ("fit", "partial_fit"):
            tried = copy.deepcopy(network).set_params(**change)
            with pytest.raises(ValueError, match=f"Training cannot resume: {name} was"):
                getattr(tried, method)(*data)
            np.testing.assert_array_equal(tried.predict(data[0]), network.predict(data[0]))

    def test_another_number_of_outputs(self, data):
        X, y = data
        network = MLPRegressor(warm_start=True, **BRIEF).fit(X, y)
        with pytest.raises(ValueError, match="as many columns as in training, 1; got 2"):
            network.fit(X, np.column_stack([y, y]))
        with pytest.raises(
            ValueError, match=r"validation rows.*columns as in training, 1; got 2"
        ):
            fit(data, early_stopping=True).fit(X, y, X_val=X, y_val=np.column_stack([y, y]))

    def test_a_failed_fit_leaves_none(self, data):
        network = fit(data)
        with pytest.raises(ValueError, match="y"):
            network.fit(data[0], ["a"] * 400)
        with pytest.raises(NotFittedError):
            network.predict(data[0])

    @pytest.mark.parametrize("loss", KINDS)
    def test_files(self, data, loss):
        network = fit(data, loss, normalize_y=True, n_members=2)
        loaded = pickle.loads(pickle.dumps(network))
        np.testing.assert_array_equal(loaded.predict(data[0]), network.predict(data[0]))
        assert isinstance(loaded._numbers, Numbers)
        assert b"Numbers" not in pickle.dumps(network)

    def test_tables(self):
        pd = pytest.importorskip("pandas")
        rng = np.random.default_rng(0)
        table = pd.DataFrame(
            {"size": rng.lognormal(3, 1, 600), "town": rng.choice(["Ulm", "Bonn"], 600)}
        )
        y = 1e5 * np.log(table["size"]) + 2e5 * (table["town"] == "Ulm")
        pipeline = make_pipeline(TabularPreprocessor(), MLPRegressor.tabular(random_state=0))
        assert pipeline.fit(table[:400], y[:400]).score(table[400:], y[400:]) > 0.95


class TestRefusals:
    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (["a", "b"] * 200, "y has text.*MLPBinaryClassifier"),
            (np.array(["1", "2"] * 200), "y has text.*MLPBinaryClassifier"),
            (np.array(["a", 1] * 200, dtype=object), "y has text.*MLPBinaryClassifier"),
            (np.arange(400).astype("M8[D]"), "y has dates"),
            (np.arange(400).astype("m8[s]"), "y has dates or durations"),
            (np.where(np.arange(400) == 3, np.nan, 1.0), "y contains NaN"),
            (np.where(np.arange(400) == 3, np.inf, 1.0), "y contains infinity"),
            (np.array([10**400] * 400, dtype=object), "y"),
            (np.ones((400, 2, 2)), "y"),
            (np.ones((400, 0)), "y"),
            (np.ones(399), "inconsistent numbers of samples"),
            (np.ones(400, complex), "Complex data"),
            (None, "requires y"),
            ([[1], [1, 2]] * 200, "y"),
        ],
    )
    def test_y(self, data, y, message):
        for method in ("fit", "partial_fit"):
            with pytest.raises(ValueError, match=message):
                getattr(MLPRegressor(**BRIEF), method)(data[0], y)

    def test_sparse_y(self, data):
        from scipy import sparse

        with pytest.raises(TypeError, match=r"Sparse data was passed for y.*y.toarray\(\)"):
            fit((data[0], sparse.csr_array(data[1][:, None])))

    @pytest.mark.parametrize("kind", [int, np.int8, bool, np.float32, np.longdouble, object])
    def test_kinds_of_numbers(self, data, kind):
        X, y = data
        y = np.clip(np.round(y), 0, 100).astype(kind)
        expected = fit((X, y.astype(float))).predict(X)
        np.testing.assert_allclose(fit((X, y)).predict(X), expected, rtol=1e-9)
        np.testing.assert_allclose(fit((X, y.tolist())).predict(X), expected, rtol=1e-9)

    def test_a_column(self, data):
        X, y = data
        with pytest.warns(DataConversionWarning, match="column-vector"):
            network = fit((X, y[:, None]))
        assert network.predict(X).shape == (400,)

    def test_the_byte_order_of_another_machine(self, data):
        X, y = data
        np.testing.assert_array_equal(
            fit((X, y.astype(">f8"))).predict(X), fit(data).predict(X)
        )

    def test_parameters_of_classifiers(self):
        for name in ("class_weight", "label_smoothing", "temperature_scaling"):
            assert name not in MLPRegressor().get_params()
            with pytest.raises(TypeError, match=name):
                MLPRegressor(**{name: None})
        for loss in ("squared_errors", "mse"):
            meant = r"'loss' parameter.*Did you mean 'squared_error'"
            with pytest.raises(ValueError, match=meant):
                MLPRegressor(loss).fit([[1.0], [2.0]], [1.0, 2.0])


def test_quantiles_that_the_loss_makes_no_use_of(data):
    with pytest.warns(UserWarning, match=r"no use of quantile=\[0.1, 0.9\].*loss='quantile'"):
        assert fit(data, quantile=[0.1, 0.9]).predict(data[0]).shape == (400,)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit(data, "quantile", quantile=[0.1, 0.9])
        fit(data, quantile=0.9)  # as a search over losses may have it
