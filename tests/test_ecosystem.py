"""At home beside other packages, and in the parts of scikit-learn that take any estimator."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris, make_classification, make_moons
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier, TabularPreprocessor

# These fits are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def cancer():
    """Training and test rows: (X_train, X_test, y_train, y_test)."""
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), load_iris().target_names[y]


@pytest.fixture(scope="module")
def three_of_eight():
    """Labels that depend on the first three of eight features."""
    X, y = make_classification(
        400, 8, n_informative=3, n_redundant=0, shuffle=False, class_sep=2.0, random_state=0
    )
    return X, y


def binary(**params):
    params = {"learning_rate_init": 0.01, "max_iter": 30, "random_state": 0} | params
    return MLPBinaryClassifier(16, **params)


def multiclass(**params):
    params = {"solver": "lbfgs", "alpha": 0.1, "max_iter": 300, "random_state": 0} | params
    return MLPMulticlassClassifier(8, **params)


class TestMetaEstimators:
    @pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
    def test_calibration_mends_a_network_that_is_too_sure(self, method):
        """It has learned labels by heart of which a fifth are wrong."""
        X, y = make_classification(1500, 10, flip_y=0.4, random_state=0)
        X, X_test, y, y_test = train_test_split(X, y, test_size=500, random_state=0)
        network = MLPBinaryClassifier(
            64, alpha=0.0, learning_rate_init=0.01, batch_size=32, max_iter=50, random_state=0
        )
        sure = log_loss(y_test, network.fit(X, y).predict_proba(X_test))
        calibrated = CalibratedClassifierCV(network, method=method, cv=3).fit(X, y)
        assert log_loss(y_test, calibrated.predict_proba(X_test)) < sure - 0.05

    def test_bagging(self, cancer):
        X, X_test, y, y_test = cancer
        bagged = BaggingClassifier(
            make_pipeline(StandardScaler(), binary()), 5, max_features=0.5, random_state=0
        ).fit(X, y)
        assert bagged.score(X_test, y_test) > 0.93
        first, second = (bagged.estimators_[i][-1] for i in (0, 1))
        assert np.abs(first.coefs_[0] - second.coefs_[0]).max() > 0.01

    def test_voting_averages_probabilities(self, iris):
        X, y = iris
        members = [("network", multiclass()), ("linear", LogisticRegression())]
        vote = VotingClassifier(members, voting="soft").fit(X, y)
        expected = np.mean([member.predict_proba(X) for member in vote.estimators_], axis=0)
        np.testing.assert_allclose(vote.predict_proba(X), expected)
        assert vote.score(X, y) > 0.95

    def test_stacking(self, cancer):
        """The final estimator weighs the decision function of networks among others."""
        X, X_test, y, y_test = cancer
        networks = [
            ("small", make_pipeline(StandardScaler(), binary())),
            ("linear", make_pipeline(StandardScaler(), LogisticRegression())),
        ]
        stack = StackingClassifier(
            networks, LogisticRegression(), stack_method="decision_function", cv=3
        ).fit(X, y)
        assert stack.final_estimator_.coef_.shape == (1, 2)
        assert stack.score(X_test, y_test) > 0.95

    def test_boosting_weighs_rows(self):
        """A single unit cannot tell the moons apart; several with weighted rows can."""
        X, y = make_moons(400, noise=0.1, random_state=0)
        weak = MLPBinaryClassifier(
            1, solver="lbfgs", activation="tanh", alpha=1e-3, max_iter=100, random_state=0
        )
        boosted = AdaBoostClassifier(weak, n_estimators=20, random_state=0).fit(X, y)
        assert boosted.score(X, y) > weak.fit(X, y).score(X, y) + 0.05

    def test_one_binary_network_for_each_class(self, iris):
        X, y = iris
        classifier = OneVsRestClassifier(binary(batch_size=20)).fit(X, y)
        assert [type(each) for each in classifier.estimators_] == [MLPBinaryClassifier] * 3
        assert classifier.score(X, y) > 0.9
        np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)


class TestInspection:
    def test_permutation_importance(self, three_of_eight):
        X, y = three_of_eight
        result = permutation_importance(binary().fit(X, y), X, y, random_state=0)
        assert result.importances_mean[:3].min() > result.importances_mean[3:].max()

    @pytest.mark.parametrize("response", ["predict_proba", "decision_function"])
    def test_partial_dependence(self, three_of_eight, response):
        """It is steep in a feature that matters, and flat in one that does not."""
        X, y = three_of_eight
        network = binary(alpha=5.0).fit(X, y)
        spans = [
            np.ptp(partial_dependence(network, X, [j], response_method=response)["average"])
            for j in (0, 1, 2, 7)
        ]
        assert max(spans[:3]) > 4 * spans[3]

    @pytest.mark.parametrize("response", ["predict", "predict_proba", "decision_function"])
    def test_decision_boundary(self, response):
        matplotlib = pytest.importorskip("matplotlib", reason="it draws")
        matplotlib.use("agg")
        X, y = make_moons(200, noise=0.1, random_state=0)
        network = binary(solver="lbfgs").fit(X, y)
        display = DecisionBoundaryDisplay.from_estimator(
            network, X, response_method=response, grid_resolution=20
        )
        grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
        expected = getattr(network, response)(grid)
        expected = expected[:, 1] if expected.ndim == 2 else expected
        np.testing.assert_array_equal(display.response.ravel(), expected)
        matplotlib.pyplot.close(display.figure_)


def squares_of_inputs(network):
    """Return what each feature's weights of the first layer add up to, squared."""
    return (network.coefs_[0] ** 2).sum(axis=1)


class TestFeatureSelection:
    def test_without_an_importance_it_says_so(self, three_of_eight):
        """coefs_ are not coef_: weights of a first layer are no importances by themselves."""
        X, y = three_of_eight
        for selector in (SelectFromModel, RFE):
            with pytest.raises((ValueError, AttributeError), match="`coef_`"):
                selector(binary(max_iter=2)).fit(X, y).transform(X)

    def test_by_weights_of_the_first_layer(self, three_of_eight):
        """With a penalty strong enough that what does not matter vanishes."""
        X, y = three_of_eight
        network = binary(solver="lbfgs", alpha=10.0)
        selector = SelectFromModel(network, importance_getter=squares_of_inputs).fit(X, y)
        kept = np.flatnonzero(selector.get_support())
        assert 0 < kept.size <= 3
        assert set(kept) <= {0, 1, 2}
        eliminated = RFE(network, n_features_to_select=3, importance_getter=squares_of_inputs)
        assert set(np.flatnonzero(eliminated.fit(X, y).support_)) == {0, 1, 2}


@pytest.fixture(scope="module")
def columns():
    """A table of three columns, as a dict."""
    rng = np.random.default_rng(0)
    return {"a": rng.normal(size=200), "b": rng.normal(size=200), "c": np.arange(200) % 7}


class TestFrames:
    """Of pandas and polars, in and out."""

    @pytest.mark.parametrize("kind", ["pandas", "polars"])
    def test_names_go_through_a_pipeline(self, columns, kind):
        library = pytest.importorskip(kind, reason="it is what is tested")
        X = library.DataFrame(columns)
        y = library.Series(np.where(columns["a"] > columns["b"], "more", "less"))
        pipeline = make_pipeline(StandardScaler(), multiclass()).set_output(transform=kind)
        pipeline.fit(X, y)
        assert list(pipeline[-1].feature_names_in_) == ["a", "b", "c"]
        hidden = pipeline.transform(X)
        assert isinstance(hidden, library.DataFrame)
        assert list(hidden.columns) == [f"mlpmulticlassclassifier{i}" for i in range(8)]
        with pytest.raises(ValueError, match="feature names should match"):
            pipeline.predict(X[["b", "a", "c"]])

    @pytest.mark.parametrize("kind", ["pandas", "polars"])
    def test_the_preprocessor_answers_in_kind(self, columns, kind):
        library = pytest.importorskip(kind, reason="it is what is tested")
        table = library.DataFrame(columns | {"town": ["Ulm", None, "Bonn", "Bonn"] * 50})
        preprocessor = TabularPreprocessor(max_bins=0).set_output(transform=kind).fit(table)
        features = preprocessor.transform(table)
        assert isinstance(features, library.DataFrame)
        assert list(features.columns)[-3:] == ["town_Bonn", "town_Ulm", "town_missing"]
        assert {str(dtype).lower() for dtype in features.dtypes} == {"float32"}

    def test_pandas_and_polars_give_the_same(self, columns):
        pandas = pytest.importorskip("pandas", reason="it is what is tested")
        polars = pytest.importorskip("polars", reason="it is what is tested")
        y = columns["a"] > columns["b"]
        table = columns | {"town": ["Ulm", None, "Bonn", "Bonn"] * 50}
        probabilities = [
            make_pipeline(TabularPreprocessor(), binary(max_iter=3))
            .fit(frame, y)
            .predict_proba(frame)
            for frame in (pandas.DataFrame(table), polars.DataFrame(table))
        ]
        np.testing.assert_array_equal(*probabilities)

    def test_labels_in_the_strings_of_pandas(self, columns):
        """Its own string dtype, and a categorical, come back as what they say."""
        pandas = pytest.importorskip("pandas", reason="it is what is tested")
        labels = np.where(columns["a"] > columns["b"], "more", "less")
        X = pandas.DataFrame(columns)
        for dtype in ("str", "category"):
            network = binary(batch_size=20).fit(X, pandas.Series(labels, dtype=dtype))
            assert list(network.classes_) == ["less", "more"]
            assert (network.predict(X) == labels).mean() > 0.9


def test_imbalanced_learn():
    """Rows are drawn again in training alone; a rare class is found more often."""
    pipelines = pytest.importorskip("imblearn.pipeline", reason="it is what is tested")
    over_sampling = pytest.importorskip("imblearn.over_sampling", reason="likewise")
    X, y = make_classification(
        3000, 10, n_informative=5, weights=[0.97], class_sep=0.8, random_state=0
    )
    network = binary(max_iter=20, alpha=1.0)
    plain = make_pipeline(StandardScaler(), network)
    resampled = pipelines.make_pipeline(
        StandardScaler(), over_sampling.RandomOverSampler(random_state=0), network
    )
    scores = [
        cross_val_score(pipeline, X, y, cv=3, scoring="balanced_accuracy").mean()
        for pipeline in (plain, resampled)
    ]
    assert scores[1] > scores[0] + 0.1
    assert len(resampled.fit(X, y).predict(X)) == len(X)


def test_optuna(binary_data):
    """A search that stops trials by the score after each call of partial_fit."""
    optuna = pytest.importorskip("optuna", reason="it is what is tested")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X, y = binary_data

    def objective(trial):
        network = MLPBinaryClassifier(
            trial.suggest_int("width", 2, 16),
            trial.suggest_categorical("activation", ["relu", "tanh"]),
            learning_rate_init=trial.suggest_float("rate", 1e-5, 1e-1, log=True),
            random_state=0,
        )
        for epoch in range(10):
            network.partial_fit(X[:150], y[:150], classes=[0, 1])
            trial.report(network.score(X[150:], y[150:]), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return network.score(X[150:], y[150:])

    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
    )
    study.optimize(objective, n_trials=12)
    states = {trial.state for trial in study.trials}
    assert states == {optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED}
    assert study.best_value > 0.75


def test_shap(three_of_eight):
    """Its model-agnostic explainer: contributions add up, and are those of what matters."""
    shap = pytest.importorskip("shap", reason="it is what is tested")
    X, y = three_of_eight
    network = binary(alpha=5.0).fit(X, y)
    explainer = shap.KernelExplainer(network.decision_function, X[:20])
    explained = explainer(X[:10])
    np.testing.assert_allclose(
        explained.values.sum(axis=1) + explained.base_values,
        network.decision_function(X[:10]),
        atol=1e-6,
    )
    importance = np.abs(explained.values).mean(axis=0)
    assert importance[:3].min() > importance[3:].max()


def test_shap_of_a_table(three_of_eight):
    """Values of features are added up to those of columns, as docs/guide/explaining.md does."""
    shap = pytest.importorskip("shap", reason="it is what is tested")
    X, y = three_of_eight
    preprocessor = TabularPreprocessor(max_bins=0)
    features = preprocessor.fit_transform(X, y)
    network = binary(alpha=5.0).fit(features, y)
    explained = shap.KernelExplainer(network.decision_function, features[:20])(features[:3])
    by_column = preprocessor.sum_by_column(explained.values)
    assert features.shape[1] > 8
    assert by_column.shape == (3, 8)
    np.testing.assert_allclose(by_column.sum(axis=1), explained.values.sum(axis=1))
