"""What a user may write, for mypy: all of `accepted`, and no line of `refused`.

A line of `refused` that mypy takes is an error, too: its comment is then of no use.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from skmlp import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    LossCurveDisplay,
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    RepresentationDisplay,
    TabularPreprocessor,
)

X: NDArray[np.float64] = np.random.default_rng(0).normal(size=(40, 3))
y: list[str] = ["no", "yes"] * 20
weights = np.ones(40)


def accepted() -> None:
    network = MLPBinaryClassifier(
        (8, 4), ("relu", "tanh"), solver="adamw", batch_size=10, max_iter=2, random_state=0
    )
    assert_type(network.fit(X, y), MLPBinaryClassifier)
    assert_type(network.fit(X, y, weights), MLPBinaryClassifier)
    assert_type(network.fit(X, y, sample_weight=[1.0] * 40), MLPBinaryClassifier)
    assert_type(network.partial_fit(X, y, classes=["no", "yes"]), MLPBinaryClassifier)
    assert_type(network.fit(X, y).predict_proba(X), NDArray[Any])
    for outputs in (network.predict(X), network.decision_function(X), network.transform(X)):
        assert_type(outputs, NDArray[Any])
    assert_type(network.predict_log_proba(X), NDArray[Any])
    assert_type(network.fit_transform(X, y), NDArray[Any])
    assert_type(network.score(X, y), float)
    assert_type(network.n_iter_, int)
    assert_type(network.loss_, float)
    assert_type(network.best_iter_, int | None)
    assert_type(network.coefs_[0], NDArray[Any])
    assert_type(network.get_params(), dict[str, Any])
    assert_type(network.set_params(alpha=0.1), MLPBinaryClassifier)
    assert_type(network.set_output(transform="default"), MLPBinaryClassifier)

    watched = MLPMulticlassClassifier(8, early_stopping=True, scoring="roc_auc_ovr", max_iter=2)
    watched.set_params(scoring=lambda estimator, X, y: 0.5)
    assert_type(watched.fit(X, y, X_val=X, y_val=y), MLPMulticlassClassifier)
    MLPBinaryClassifier(np.array([8, 4]), batch_size="auto", verbose="progress", dropout=[0.1])
    MLPBinaryClassifier([8, 4], class_weight={"no": 2}, random_state=np.random.RandomState(0))
    MLPBinaryClassifier(class_weight="balanced", transform_layer="all", n_iter_no_change=None)

    tabular = MLPBinaryClassifier.tabular(
        hidden_layer_sizes=4, max_iter=2, n_members=2, activation=["silu"], init="random"
    )
    assert_type(tabular, MLPBinaryClassifier)
    preprocessor = TabularPreprocessor(max_bins=4, random_state=0)
    assert_type(preprocessor.fit(X), TabularPreprocessor)
    assert_type(preprocessor.fit(X, y), TabularPreprocessor)
    assert_type(preprocessor.fit_transform(X, y), NDArray[np.float32])
    assert_type(preprocessor.transform(X), NDArray[np.float32])
    tabular.fit(preprocessor.transform(X), y)

    assert_type(LossCurveDisplay.from_estimator(network), LossCurveDisplay)
    assert_type(ActivationDisplay.from_name("silu"), ActivationDisplay)
    flat = MLPBinaryClassifier(4, solver="lbfgs", max_iter=2).fit(X[:, :2], y)
    assert_type(HiddenUnitsDisplay.from_estimator(flat, X[:, :2], y), HiddenUnitsDisplay)
    assert_type(
        RepresentationDisplay.from_estimator(network, X, y),
        RepresentationDisplay,
    )


def refused(network: MLPMulticlassClassifier) -> None:
    MLPBinaryClassifier(solver="Adam")  # type: ignore[arg-type]
    MLPBinaryClassifier(8, "rely")  # type: ignore[arg-type]
    MLPBinaryClassifier(8, ["relu", "rely"])  # type: ignore[list-item]
    MLPBinaryClassifier(learning_rate="cosin")  # type: ignore[arg-type]
    MLPBinaryClassifier(init="zeros")  # type: ignore[arg-type]
    MLPBinaryClassifier(batch_size="full")  # type: ignore[arg-type]
    MLPBinaryClassifier(class_weight="balance")  # type: ignore[arg-type]
    MLPBinaryClassifier(verbose="yes")  # type: ignore[arg-type]
    MLPBinaryClassifier(transform_layer="last")  # type: ignore[arg-type]
    MLPBinaryClassifier(scoring=1)  # type: ignore[arg-type]
    MLPBinaryClassifier("8")  # type: ignore[arg-type]
    MLPBinaryClassifier(0.5)  # type: ignore[arg-type]
    MLPBinaryClassifier(dropout="0.5")  # type: ignore[arg-type]
    MLPBinaryClassifier(random_state="0")  # type: ignore[arg-type]
    MLPBinaryClassifier(8, "relu", "adam")  # type: ignore
    MLPBinaryClassifier(hiden=3)  # type: ignore[call-arg]
    MLPMulticlassClassifier.tabular(hiden=3)  # type: ignore[call-arg]
    MLPMulticlassClassifier.tabular(solver="Adam")  # type: ignore[arg-type]
    MLPMulticlassClassifier.tabular(64)  # type: ignore[call-arg]
    network.fit(X)  # type: ignore[call-arg]
    network.fit(X, y, x_val=X)  # type: ignore[call-arg]
    network.fit(X, y, weights, X)  # type: ignore
    network.partial_fit(X)  # type: ignore[call-arg]
    network.partial_fit(X, y, clases=[0, 1])  # type: ignore[call-arg]
    network.predict()  # type: ignore[call-arg]
    network.score(X)  # type: ignore[call-arg]
    network.transform(X).fit  # type: ignore[attr-defined]  # noqa: B018
    network.set_output(transform="arrow")  # type: ignore[arg-type]
    TabularPreprocessor(16)  # type: ignore
    TabularPreprocessor(max_bin=16)  # type: ignore[call-arg]
    TabularPreprocessor(max_bins="16")  # type: ignore[arg-type]
    TabularPreprocessor().fit_transform()  # type: ignore[call-arg]
    TabularPreprocessor().transform(X, y)  # type: ignore[call-arg]
    ActivationDisplay.from_name("rely")  # type: ignore[arg-type]
    LossCurveDisplay.from_estimator(network, axes=None)  # type: ignore[call-arg]
