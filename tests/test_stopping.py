"""Early stopping: what it watches, when it ends a fit, and what is left then."""

import pickle

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier
from skmlp._border.optimizers import OPTIMIZERS
from skmlp._scoring import takes_weights
from skmlp._stopping import Monitor
from tests.helpers import assert_same_network, parameters_of

# Most fits here are short on purpose; the tests of the warning itself expect it.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def feed(monitor, scores, tol=0.1):
    """Return the epochs without improvement after each score, and the epoch of the best."""
    stalled, best = [], None
    for epoch, score in enumerate(scores):
        if monitor.update(score, np.full(2, score), tol):
            best = epoch
        stalled.append(monitor.n_stalled)
    return stalled, best


class TestMonitor:
    """Without a network."""

    def test_improvement_below_tol_does_not_count(self):
        monitor = Monitor(keep_best=True)
        assert feed(monitor, [1.0, 1.05, 1.09, 1.0]) == ([0, 1, 2, 3], 2)
        assert monitor.best_score == 1.09  # it is kept all the same
        np.testing.assert_array_equal(monitor.best_theta, 1.09)

    def test_improvement_resets_the_count(self):
        monitor = Monitor(keep_best=False)
        assert feed(monitor, [1, 1, 1, 2, 2, 3]) == ([0, 1, 2, 0, 1, 0], 5)
        assert monitor.best_theta is None

    def test_the_best_parameters_are_a_copy(self):
        monitor, theta = Monitor(keep_best=True), np.ones(3)
        monitor.update(1.0, theta, 0.0)
        theta[:] = 0
        np.testing.assert_array_equal(monitor.best_theta, 1)

    def test_nan_is_never_the_best_nor_an_improvement(self):
        monitor = Monitor(keep_best=True)
        assert feed(monitor, [np.nan, 0.5, np.nan]) == ([1, 0, 1], 1)
        assert monitor.best_score == 0.5

    def test_before_the_first_score(self):
        monitor = Monitor(keep_best=True)
        assert (monitor.best_score, monitor.n_stalled) == (-np.inf, 0)
        assert monitor.best_theta is None

    def test_ties(self):
        """An improvement by just `tol` is one, and of equal scores the first is the best."""
        monitor = Monitor(keep_best=True)
        assert feed(monitor, [1.0, 1.5, 1.5], tol=0.5) == ([0, 0, 1], 1)
        assert not monitor.update(1.5, np.zeros(2), 0.0)
        assert monitor.n_stalled == 0
        np.testing.assert_array_equal(monitor.best_theta, 1.5)


def fit(X, y, *, held_out=None, **parameters):
    """Return a small network that stops early, fitted with further arguments of `fit`."""
    defaults = {"max_iter": 30, "random_state": 0, "early_stopping": True}
    network = MLPBinaryClassifier((8,), learning_rate_init=0.05, **defaults)
    return network.set_params(**parameters).fit(X, y, **(held_out or {}))


class TestHeldOutRows:
    """A share of the rows is watched."""

    def test_best_epoch_is_restored(self, binary_data):
        X, y = binary_data
        longer = fit(X, y, n_iter_no_change=8)
        best = int(np.argmax(longer.validation_scores_))
        assert best < longer.n_iter_ - 1
        assert longer.best_validation_score_ == max(longer.validation_scores_)
        assert longer.loss_ == longer.loss_curve_[best]
        assert longer.best_loss_ is None
        shorter = fit(X, y, max_iter=best + 1, n_iter_no_change=100)
        assert_same_network(longer, shorter)

    def test_string_labels_and_data_frames(self, binary_data):
        pandas = pytest.importorskip("pandas")
        X, y = binary_data
        frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(10)])
        labels = np.array(["no", "yes"], dtype=object)[y]
        named = fit(frame, labels)
        assert named.validation_scores_ == fit(X, y).validation_scores_
        assert set(named.predict(frame)) == {"no", "yes"}

    @pytest.mark.filterwarnings("ignore:The validation split left a class")
    def test_tiny_data(self):
        X, y = np.random.RandomState(0).normal(size=(12, 2)), np.arange(12) % 2
        network = fit(X, y, validation_fraction=0.2)
        assert np.isfinite(network.validation_scores_).all()
        with pytest.warns(UserWarning, match="training or validation set has fewer rows than"):
            network = fit(X[:6], y[:6], validation_fraction=0.7)
        assert np.isfinite(network.validation_scores_).all()

    # The rows, what is held out of them, and how many it would be.
    TOO_FEW = pytest.mark.parametrize(
        ("n_rows", "parameters", "reason"),
        [
            (10, {}, "validation_fraction=0.1 makes it 1,"),
            (4, {"validation_fraction": 0.2}, "makes it 1,"),
            (5, {"validation_fraction": 0.9}, "makes it 5,"),
            (40, {"validation_fraction": 0.999}, "makes it 40,"),
            (40, {"validation_fraction": 5e-324}, "makes it 1,"),
            (40, {"validation_fraction": np.float32(0.02)}, "makes it 1,"),
            (79, {"n_members": 2, "validation_fraction": 0.125}, "8 folds"),
            (40, {"n_members": 3}, "10 folds"),
        ],
        ids=str,
    )

    @TOO_FEW
    @pytest.mark.parametrize("classifier", [MLPBinaryClassifier, MLPMulticlassClassifier])
    @pytest.mark.parametrize(
        "further",
        [
            {},
            {"scoring": "roc_auc", "n_iter_no_change": None, "learning_rate_init": 0.05},
            {"temperature_scaling": True, "scoring": "neg_log_loss", "init": "data"},
            {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
        ],
        ids=str,
    )
    def test_too_few_rows(self, recwarn, classifier, n_rows, parameters, reason, further):
        """With one member and with several it is a fit on all rows that watches the loss."""
        X = np.random.RandomState(0).normal(size=(n_rows + 30, 2))
        y = (X[:, 0] > 0).astype(int)
        # Rows of weight 0 do not help.
        weights = np.repeat([1.0, 0.0], [n_rows, 30])
        settings = {"max_iter": 30, "random_state": 0, **parameters, **further}
        watching = classifier((4,), early_stopping=True, **settings).fit(X, y, weights)
        (warned,) = [w for w in recwarn.list if "too few" in str(w.message)]
        assert str(warned.message).startswith(f"{n_rows} rows are too few to hold any out: ")
        assert reason in str(warned.message)
        assert all(w is warned or w.category is ConvergenceWarning for w in recwarn.list)
        settings |= {"temperature_scaling": False}
        plain = classifier((4,), **settings).fit(X, y, weights)
        assert_same_network(watching, plain)
        fitted = {name: value for name, value in vars(plain).items() if name.endswith("_")}
        for name in fitted.keys() - {"classes_"}:
            assert getattr(watching, name) == fitted[name], name
        assert watching.best_iter_ is watching.validation_scores_ is None
        assert watching.validation_loss_curve_ is watching.best_validation_score_ is None
        assert watching.best_loss_ == min(watching.loss_curve_)
        assert watching.temperature_ == 1

    def test_too_few_rows_now_and_then(self, binary_data):
        """A warm start may have enough of them, and again not."""
        X, y = binary_data
        network = MLPBinaryClassifier((4,), early_stopping=True, warm_start=True, max_iter=3)
        for _ in range(2):
            network.fit(X, y)
            assert network.best_iter_ is not None
            assert len(network.validation_scores_) == 3
            with pytest.warns(UserWarning, match="8 rows are too few"):
                network.fit(X[:8], y[:8])
            assert network.best_iter_ is network.validation_scores_ is None
        assert len(network.loss_curve_) == 12

    def test_class_with_a_single_row(self, binary_data):
        X, y = binary_data[0], np.zeros(200, dtype=int)
        y[17] = 1
        with pytest.warns(UserWarning, match="a class has a single row"):
            network = fit(X, y)
        np.testing.assert_array_equal(network.classes_, [0, 1])

    def test_rows_of_weight_zero_are_not_validated_on(self, binary_data):
        """They are as absent rows, in the split too."""
        X, y = binary_data
        weights = np.repeat([1.0, 0.0], 100)
        weighted = MLPBinaryClassifier(early_stopping=True, random_state=0)
        weighted.fit(X, y, sample_weight=weights)
        trimmed = clone(weighted).fit(X[:100], y[:100])
        assert weighted.validation_scores_ == trimmed.validation_scores_
        assert_same_network(weighted, trimmed)

    def test_best_parameters_are_not_kept_twice(self, binary_data):
        X, y = binary_data
        stopped = len(pickle.dumps(fit(X, y)))
        assert stopped < len(pickle.dumps(fit(X, y, early_stopping=False))) + 1000

    @pytest.mark.parametrize("n_members", [1, 2])
    @pytest.mark.parametrize("fraction", [0.0, -0.0, 0, 1.0, -0.1, np.nan, "0.1"])
    def test_validation_fraction_that_is_none(self, binary_data, fraction, n_members):
        network = MLPBinaryClassifier(early_stopping=True, n_members=n_members)
        with pytest.raises(ValueError, match="validation_fraction"):
            network.set_params(validation_fraction=fraction).fit(*binary_data)

    def test_more_folds_than_a_float_counts(self, binary_data):
        network = MLPBinaryClassifier(
            3, early_stopping=True, n_members=2, validation_fraction=1e-310, tol=1.0
        )
        with pytest.warns(
            UserWarning, match=r"rows are too few to hold any out: 4\.\d+e\+307 folds"
        ):
            network.fit(*binary_data)


class TestGivenRows:
    """Rows of their own are watched, and all others are trained on."""

    @pytest.fixture
    def parts(self, binary_data):
        X, X_val, y, y_val = train_test_split(*binary_data, random_state=0)
        return X, y, {"X_val": X_val, "y_val": y_val}

    @pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss", "roc_auc"])
    def test_own_validation_rows(self, parts, scoring):
        X, y, held_out = parts
        network = fit(X, y, held_out=held_out, scoring=scoring)
        best = network.best_iter_ - 1
        assert network.best_validation_score_ == max(network.validation_scores_)
        assert network.validation_scores_[best] == network.best_validation_score_
        assert network.loss_ == network.loss_curve_[best]
        X_val, y_val = held_out.values()
        p = network.predict_proba(X_val)
        expected = {
            None: network.score(X_val, y_val),
            "accuracy": network.score(X_val, y_val),
            "neg_log_loss": -log_loss(y_val, p),
            "roc_auc": roc_auc_score(y_val, p[:, 1]),
        }[scoring]
        assert network.best_validation_score_ == pytest.approx(expected, rel=1e-12)
        assert network.validation_loss_curve_[best] == pytest.approx(log_loss(y_val, p))
        assert len(network.validation_loss_curve_) == network.n_iter_

    def test_all_rows_are_trained_on(self, parts):
        """The given rows only watch: up to the best epoch it is a fit without them."""
        X, y, held_out = parts
        network = fit(X, y, held_out=held_out)
        plain = fit(X, y, early_stopping=False, max_iter=network.best_iter_)
        assert_same_network(network, plain)

    def test_callable_and_weights(self, parts):
        X, y, held_out = parts
        seen = []

        def scorer(estimator, X_val, y_val, sample_weight=None):
            seen.append(sample_weight)
            return estimator.predict_proba(X_val)[y_val == 1, 1].mean()

        weights = np.linspace(1, 2, len(held_out["y_val"]))
        held_out["sample_weight_val"] = weights
        network = fit(X, y, held_out=held_out, scoring=scorer)
        assert len(seen) == network.n_iter_
        np.testing.assert_array_equal(seen[0], weights)
        by_accuracy = fit(X, y, held_out=held_out)
        score = by_accuracy.score(held_out["X_val"], held_out["y_val"], weights)
        assert by_accuracy.best_validation_score_ == pytest.approx(score, rel=1e-12)

    @pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("dtype_val", [np.float32, np.float64, object])
    def test_dtypes_may_differ(self, parts, dtype, dtype_val, container):
        X, y, held_out = parts
        rows = held_out["X_val"]
        rows = rows.tolist() if dtype_val is object else container(rows.astype(dtype_val))
        network = fit(X.astype(dtype), y, held_out=held_out | {"X_val": rows})
        assert network.coefs_[0].dtype == dtype
        warm = network.set_params(warm_start=True, max_iter=2)
        warm.fit(X, y, X_val=rows, y_val=held_out["y_val"])
        assert network.coefs_[0].dtype == dtype

    def test_class_weights_are_not_for_given_rows(self, parts):
        """Theirs are sample_weight_val alone; rows held out keep all of their weight."""
        X, y, held_out = parts
        network = fit(X, y, held_out=held_out, class_weight={0: 5.0})
        score = network.score(held_out["X_val"], held_out["y_val"])
        assert network.best_validation_score_ == pytest.approx(score, rel=1e-12)
        by_class = fit(X, y, class_weight={0: 5.0})
        by_row = fit(X, y, held_out={"sample_weight": np.where(y == 0, 5.0, 1.0)})
        assert by_class.validation_scores_ == by_row.validation_scores_

    @pytest.mark.parametrize("scoring", [None, "roc_auc"])
    def test_frames_and_strings_without_a_warning(self, parts, scoring):
        pandas = pytest.importorskip("pandas")
        X, y, held_out = parts
        plain = fit(X, y, held_out=held_out, scoring=scoring)
        names = [f"x{i}" for i in range(X.shape[1])]
        labels = np.array(["no", "yes"])
        frames = {
            "X_val": pandas.DataFrame(held_out["X_val"], columns=names),
            "y_val": labels[held_out["y_val"]],
        }
        named = fit(
            pandas.DataFrame(X, columns=names), labels[y], held_out=frames, scoring=scoring
        )
        assert named.validation_scores_ == plain.validation_scores_

    def test_in_a_pipeline(self, parts):
        X, y, held_out = parts
        scaler = StandardScaler().fit(X)
        scaled = {"X_val": scaler.transform(held_out["X_val"]), "y_val": held_out["y_val"]}
        alone = fit(scaler.transform(X), y, held_out=scaled)
        with sklearn.config_context(enable_metadata_routing=True):
            network = clone(alone).set_fit_request(X_val=True, y_val=True)
            pipeline = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
            pipeline.fit(X, y, **held_out)
        assert_same_network(pipeline[-1], alone)

    def test_to_the_end_without_patience(self, parts, recwarn):
        """And no warning, since that is what was asked for."""
        X, y, held_out = parts
        network = fit(X, y, held_out=held_out, n_iter_no_change=None, max_iter=40)
        assert network.n_iter_ == 40
        assert network.best_iter_ < 40
        assert network.loss_ == network.loss_curve_[network.best_iter_ - 1]
        assert not [w for w in recwarn if w.category is ConvergenceWarning]

    @pytest.mark.parametrize(
        ("parameters", "change", "message"),
        [
            ({"early_stopping": False}, {}, "set early_stopping=True"),
            ({"solver": "lbfgs"}, {}, "does not stop early"),
            ({}, {"y_val": None}, "given together"),
            ({}, {"X_val": None, "y_val": None, "sample_weight_val": np.ones(50)}, "without"),
            ({}, {"y_val": np.full(50, 7)}, r"classes not in `self\.classes_`"),
            ({}, {"X_val": np.zeros((50, 3))}, r"validation rows .* has 3 features"),
            ({}, {"X_val": np.full((50, 10), np.nan)}, "validation rows .* contains NaN"),
            ({}, {"sample_weight_val": np.zeros(50)}, "at least one non-zero"),
            ({"scoring": "acuracy"}, {}, "'scoring' parameter"),
        ],
    )
    def test_mistakes(self, parts, parameters, change, message):
        X, y, held_out = parts
        with pytest.raises(ValueError, match=message):
            fit(X, y, held_out=held_out | change, **parameters)

    def test_own_rows_are_watched_however_few(self, binary_data):
        X, y = binary_data
        network = MLPBinaryClassifier((4,), early_stopping=True, max_iter=30, tol=1.0)
        network.fit(X[:8], y[:8], X_val=X[8:9], y_val=y[8:9])
        assert network.best_iter_ is not None

    def test_sparse_validation_rows_that_point_beside_themselves(self, binary_data):
        X, y = binary_data
        X_val = sparse.csr_array(X)
        X_val.indices = X_val.indices + 1
        network = MLPBinaryClassifier(3, early_stopping=True)
        with pytest.raises(
            ValueError, match=r"The validation rows .* not a valid sparse matrix"
        ):
            network.fit(sparse.csr_array(X), y, X_val=X_val, y_val=y)


class TestScores:
    @pytest.mark.parametrize("scoring", [lambda e, X, y: e.score(X, y), "rand_score"])
    def test_scorers_without_weights(self, binary_data, scoring):
        X, y = binary_data
        network = fit(X, y, scoring=scoring, class_weight={0: 2.0})
        assert np.isfinite(network.validation_scores_).all()

    def test_a_scorer_written_in_c_is_handed_no_weights(self):
        """Python does not know its arguments."""
        assert not takes_weights(max)

    def test_a_score_that_is_never_a_number(self, binary_data):
        """Without a best epoch the last one stays."""
        X, y = binary_data
        network = MLPBinaryClassifier(
            (4,), early_stopping=True, scoring=lambda *_: np.nan, n_iter_no_change=3
        )
        with pytest.warns(ConvergenceWarning, match="No epoch's validation score was a number"):
            network.fit(X, y)
        assert network.n_iter_ == 4
        assert network.best_iter_ is None
        assert network.best_validation_score_ is None
        assert network.loss_ == network.loss_curve_[-1]


# What is left of fits whose steps are far too long, by solver, and by the dtype and scale of X
# and the rate: of those that are not here an error. None comes near the largest number that its
# dtype holds without passing it by far: sgd's gradients carry X's scale, which Adam's steps do
# not, and AdamW's decay multiplies the weights by minus the rate in each step.
ALL_EPOCHS, BEST_EPOCH = "all epochs", "the best epoch before divergence"
LEFT = {
    "sgd": {("float64", 1.0, 1e3): BEST_EPOCH},
    "adam": {
        ("float32", 1.0, 1e3): ALL_EPOCHS,
        ("float32", 1e20, 1e3): ALL_EPOCHS,
        ("float64", 1.0, 1e3): ALL_EPOCHS,
        ("float64", 1e20, 1e3): ALL_EPOCHS,
        ("float64", 1.0, 1e30): ALL_EPOCHS,
        ("float64", 1e20, 1e30): ALL_EPOCHS,
    },
    "adamw": {
        ("float32", 1.0, 1e3): ALL_EPOCHS,
        ("float32", 1e20, 1e3): ALL_EPOCHS,
        ("float64", 1.0, 1e3): ALL_EPOCHS,
        ("float64", 1e20, 1e3): ALL_EPOCHS,
    },
}


class TestDivergence:
    @pytest.mark.parametrize("patience", [None, np.inf])
    @pytest.mark.parametrize("scoring", [None, "roc_auc"])
    def test_goes_back_to_the_best_epoch(self, binary_data, scoring, patience):
        """Whatever the score, of which there is none for logits that are not numbers."""
        network = MLPBinaryClassifier(
            (8,), "identity", solver="sgd", learning_rate_init=1e4, early_stopping=True,
            n_iter_no_change=patience, batch_size=10, alpha=10, scoring=scoring, random_state=0,
        )  # fmt: skip
        with pytest.warns(ConvergenceWarning, match="diverged in epoch") as warned:
            network.fit(*binary_data)
        assert warned[0].filename == __file__
        assert np.isnan(network.validation_scores_[-1])
        assert np.isnan(network.validation_loss_curve_[-1])
        assert np.isfinite(network.validation_loss_curve_[network.best_iter_ - 1])
        assert np.isfinite(parameters_of(network)).all()

    @pytest.mark.parametrize("rate", [1e3, 1e30])
    @pytest.mark.parametrize("scale", [1.0, 1e20])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("solver", OPTIMIZERS)
    def test_what_is_left(self, binary_data, recwarn, solver, dtype, scale, rate):
        """The best parameters so far, which predict the rows, or an error that says why not."""
        X, y = binary_data
        X = (scale * X).astype(dtype)
        network = MLPBinaryClassifier(
            (8,), solver=solver, learning_rate_init=rate, early_stopping=True, batch_size=10,
            max_iter=20, random_state=0,
        )  # fmt: skip
        expected = LEFT[solver].get((dtype, scale, rate))
        if expected is None:
            with pytest.raises(
                ValueError, match="Solver produced non-finite parameter weights"
            ):
                network.fit(X, y)
            with pytest.raises(NotFittedError):
                network.predict(X)
            return
        network.fit(X, y)
        diverged = expected == BEST_EPOCH
        assert any("diverged in epoch" in str(w.message) for w in recwarn) == diverged
        assert np.isnan(network.validation_loss_curve_[-1]) == diverged
        assert np.isfinite(parameters_of(network)).all()
        assert np.isfinite(network.validation_scores_[network.best_iter_ - 1])
        assert len(network.predict(X)) == len(y)

    @pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
    def test_losses_that_overflow_with_their_weights(self, binary_data, scoring):
        """Early stopping watches what there is, and warns of no overflow."""
        X, y = binary_data
        network = MLPBinaryClassifier(
            (3,), early_stopping=True, scoring=scoring, temperature_scaling=True,
            max_grad_norm=1.0, max_iter=3, random_state=0,
        )  # fmt: skip
        network.fit(1e110 * X, y, sample_weight=np.full(len(y), 1e200))
        assert np.isfinite(parameters_of(network)).all()


def test_there_is_no_partial_fit():
    with pytest.raises(AttributeError, match="does not support early_stopping"):
        MLPBinaryClassifier(early_stopping=True).partial_fit  # noqa: B018
