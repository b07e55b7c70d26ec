"""At home in scikit-learn: pipelines, searches, routing."""

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skmlp import MLPBinaryClassifier, MLPMulticlassClassifier


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_grid_search_scores_do_not_depend_on_the_backend():
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(),
        MLPBinaryClassifier(max_iter=20, learning_rate_init=0.01, random_state=0),
    )
    grid = {
        "mlpbinaryclassifier__activation": ["relu", "tanh", "logistic"],
        "mlpbinaryclassifier__hidden_layer_sizes": [4, (16,), (8, 4)],
    }

    def search(backend, n_jobs):
        from joblib import parallel_config

        with parallel_config(backend, n_jobs=n_jobs):
            fitted = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
        return {k: v for k, v in fitted.cv_results_.items() if "score" in k and "time" not in k}

    expected = search("loky", 1)
    assert expected["mean_test_score"].max() > 0.9
    for backend in ("loky", "threading"):
        scores = search(backend, 2)
        assert scores.keys() == expected.keys()
        for key, values in scores.items():
            np.testing.assert_array_equal(values, expected[key], err_msg=f"{backend} {key}")


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def small(**parameters):
    return MLPMulticlassClassifier(
        8, solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0, **parameters
    )


def test_last_step_of_a_pipeline(iris):
    X, y = iris
    assert cross_val_score(make_pipeline(StandardScaler(), small()), X, y).mean() > 0.9


def test_middle_step_of_a_pipeline(iris):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), small(), LogisticRegression())
    assert cross_val_score(pipeline, X, y).mean() > 0.9
    names = pipeline.fit(X, y)[:-1].get_feature_names_out()
    assert list(names) == [f"mlpmulticlassclassifier{i}" for i in range(8)]


def test_feature_union(iris):
    X, y = iris
    union = FeatureUnion([("network", small()), ("pca", PCA(2))])
    assert union.fit(X, y).transform(X).shape == (150, 10)
    pipeline = make_pipeline(StandardScaler(), union, LogisticRegression())
    assert cross_val_score(pipeline, X, y).mean() > 0.9


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="its Pipelines do not route the weights of a score",
)
def test_metadata_routing_of_sample_weight(iris):
    """Weights of zero, routed through a pipeline in cross-validation, remove a class."""
    X, y = iris
    weights = (y < 2).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        network = small().set_fit_request(sample_weight=True)
        network.set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        scores = cross_validate(
            make_pipeline(scaler, network),
            X,
            y,
            params={"sample_weight": weights},
            return_estimator=True,
        )
        for pipeline in scores["estimator"]:
            assert set(pipeline.predict(X)) <= {0, 1}
        np.testing.assert_array_equal(scores["test_score"], 1)
