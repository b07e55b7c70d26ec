"""The pictures show what they say, and need matplotlib only when they are drawn."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.colors import to_rgb, to_rgba
from sklearn.datasets import make_blobs, make_moons
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer, StandardScaler

from skmlp import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    LearningRateDisplay,
    LossCurveDisplay,
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    RepresentationDisplay,
)
from skmlp._border.activations import ACTIVATIONS
from tests import oracles
from tests.helpers import has_kink

LABELS = np.array(["ash", "birch", "cedar"])


@pytest.fixture(scope="module")
def moons():
    X, y = make_moons(100, noise=0.2, random_state=0)
    return X * [10, 1] + 3, y  # for which a scaler is no formality


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(120, centers=3, random_state=1)
    return X, LABELS[y]


# A few epochs, without a word about convergence: pictures do not depend on it.
def binary(hidden=4, **parameters):
    parameters = {"max_iter": 20, "n_iter_no_change": None, "random_state": 0} | parameters
    return MLPBinaryClassifier(hidden, learning_rate_init=0.05, **parameters)


def multiclass(hidden=4, **parameters):
    parameters = {"max_iter": 20, "n_iter_no_change": None, "random_state": 0} | parameters
    return MLPMulticlassClassifier(hidden, learning_rate_init=0.05, **parameters)


def vertices(lines):
    return np.concatenate(lines.get_segments() or [np.empty((0, 2))])


def legend(display):
    texts = display.ax_.get_legend().get_texts()
    return [text.get_text() for text in texts]


def python(code):
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_needs_nothing_optional():
    """None in sys.modules fails an import; scikit-learn itself tries some of these."""
    python(
        "import sys\n"
        "for name in 'matplotlib contourpy pandas polars pyarrow tqdm rich'.split():\n"
        "    sys.modules[name] = None\n"
        "import skmlp"
    )


def test_import_leaves_matplotlib_alone():
    python(
        "import sys, skmlp\n"
        "loaded = {'matplotlib', 'contourpy', 'polars', 'tqdm'} & sys.modules.keys()\n"
        "assert not loaded, loaded"
    )


def test_construction_needs_no_matplotlib():
    python(
        "import sys, numpy as np, skmlp\n"
        "skmlp.LossCurveDisplay(loss_curve=[1.0])\n"
        "skmlp.LearningRateDisplay(learning_rates=[1], losses=[1], smoothed_losses=[1])\n"
        "z = np.zeros(2)\n"
        "skmlp.ActivationDisplay(z=z, values=z, derivatives=z, activation='zero')\n"
        "z = np.zeros((2, 2))\n"
        "skmlp.HiddenUnitsDisplay(\n"
        "    xx0=z, xx1=z, response=z, pre_activations=z[None], classes=[0, 1]\n"
        ")\n"
        "skmlp.RepresentationDisplay(representation=z, y=[0, 1], classes=[0, 1])\n"
        "assert 'matplotlib' not in sys.modules"
    )


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("LossCurveDisplay.from_estimator", lambda: LossCurveDisplay.from_estimator(None)),
        ("LossCurveDisplay.plot", lambda: LossCurveDisplay(loss_curve=[1.0]).plot()),
        (
            "LearningRateDisplay.from_estimator",
            lambda: LearningRateDisplay.from_estimator(None, None, None),
        ),
        ("ActivationDisplay.from_name", lambda: ActivationDisplay.from_name("relu")),
        (
            "HiddenUnitsDisplay.from_estimator",
            lambda: HiddenUnitsDisplay.from_estimator(None, None),
        ),
        (
            "RepresentationDisplay.from_estimator",
            lambda: RepresentationDisplay.from_estimator(None, None, None),
        ),
    ],
)
def test_without_matplotlib(monkeypatch, name, draw):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=f"{name} requires matplotlib"):
        draw()


@pytest.mark.parametrize(
    "draw",
    [
        lambda estimator, X, y: LossCurveDisplay.from_estimator(estimator),
        HiddenUnitsDisplay.from_estimator,
        RepresentationDisplay.from_estimator,
    ],
    ids=["loss", "hidden units", "representation"],
)
def test_only_fitted_networks_are_drawn(moons, draw):
    with pytest.raises(NotFittedError):
        draw(make_pipeline(StandardScaler(), binary()), *moons)
    for other in (DummyClassifier(), make_pipeline(DummyClassifier())):
        with pytest.raises(
            TypeError, match=r"must be a (network|classifier of one class a row) of"
        ):
            draw(other.fit(*moons), *moons)


@pytest.mark.parametrize("piped", [False, True])
def test_loss_curves(moons, piped):
    network = binary(early_stopping=True)
    estimator = make_pipeline(StandardScaler(), network) if piped else network
    display = LossCurveDisplay.from_estimator(estimator.fit(*moons))
    epochs = np.arange(1, 21)
    np.testing.assert_array_equal(display.loss_line_.get_xdata(), epochs)
    np.testing.assert_array_equal(display.loss_line_.get_ydata(), network.loss_curve_)
    np.testing.assert_array_equal(display.validation_line_.get_xdata(), epochs)
    np.testing.assert_array_equal(
        display.validation_line_.get_ydata(), network.validation_loss_curve_
    )
    assert set(display.best_line_.get_xdata()) == {network.best_iter_}
    assert display.ax_.get_xlabel() == "Epoch"
    best = f"Best validation score (epoch {network.best_iter_})"
    assert legend(display) == ["Training", "Validation", best]
    assert display.figure_ is display.ax_.figure


def test_loss_curve_without_early_stopping(moons):
    display = LossCurveDisplay.from_estimator(binary().fit(*moons))
    assert display.validation_line_ is None
    assert display.best_line_ is None
    assert legend(display) == ["Training"]


def test_loss_curves_of_a_warm_start(moons):
    """The validation loss begins where it was first watched, and the best epoch counts on."""
    network = binary(warm_start=True).fit(*moons)
    network.set_params(early_stopping=True, max_iter=7).fit(*moons)
    display = LossCurveDisplay.from_estimator(network)
    assert len(display.loss_line_.get_xdata()) == 27
    np.testing.assert_array_equal(display.validation_line_.get_xdata(), np.arange(21, 28))
    assert set(display.best_line_.get_xdata()) == {20 + network.best_iter_}


def test_loss_curve_of_lbfgs_is_by_iteration(moons):
    network = binary(solver="lbfgs", tol=0.1).fit(*moons)
    assert LossCurveDisplay.from_estimator(network).ax_.get_xlabel() == "Iteration"


def test_a_single_epoch_is_seen():
    display = LossCurveDisplay(loss_curve=[0.5]).plot()
    assert display.loss_line_.get_marker() == "o"
    assert 1 in display.ax_.get_xticks()
    assert all(display.ax_.get_xticks() % 1 == 0)
    assert LossCurveDisplay(loss_curve=[2, 1]).plot().loss_line_.get_marker() == "None"


def test_keywords_of_lines():
    """By any of matplotlib's names, in place of ours."""
    display = LossCurveDisplay(loss_curve=[2, 1], validation_loss_curve=[3, 2])
    display.plot(loss_kwargs={"c": "red", "lw": 5}, validation_kwargs={"label": "Held out"})
    assert to_rgb(display.loss_line_.get_color()) == to_rgb("red")
    assert display.loss_line_.get_linewidth() == 5
    assert display.validation_line_.get_label() == "Held out"
    display = ActivationDisplay.from_name(
        "tanh", value_kwargs={"ls": ":"}, derivative_kwargs={"color": "black"}
    )
    assert display.value_line_.get_linestyle() == ":"
    assert display.derivative_line_.get_color() == "black"


def test_keywords_of_the_range_test():
    display = LearningRateDisplay(
        learning_rates=[0.1, 1], losses=[2, 1], smoothed_losses=[2, 1.9], suggested_rate=0.1
    )
    _, ax = plt.subplots()
    display.plot(ax, loss_kwargs={"c": "red"}, smoothed_kwargs={"lw": 5})
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert to_rgb(display.loss_line_.get_color()) == to_rgb("red")
    assert display.smoothed_line_.get_linewidth() == 5
    assert ax.get_xscale() == "log"
    assert legend(display) == ["Loss of a minibatch", "Moving average", "Suggestion (0.1)"]


def test_drawn_again_in_given_axes():
    _, axes = plt.subplots(1, 2)
    display = LossCurveDisplay(loss_curve=[2, 1]).plot(axes[0])
    assert display.ax_ is axes[0]
    assert display.plot(axes[1]) is display
    assert display.ax_ is axes[1]
    assert len(axes[0].lines) == len(axes[1].lines) == 1
    assert display.plot().figure_ is not axes[0].figure


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    """The kernels' functions err by a few units in the last place, 2e-16 each."""
    display = ActivationDisplay.from_name(name)
    value, derivative = oracles.ACTIVATIONS[name]
    assert 0 in display.z
    np.testing.assert_allclose(display.values, value(display.z), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(
        display.derivatives, derivative(display.z), rtol=1e-14, atol=1e-15
    )
    np.testing.assert_array_equal(display.value_line_.get_ydata(), display.values)
    assert display.ax_.get_title() == name


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_has_a_gap_where_it_jumps(name):
    """With 0 among the points or not."""
    jumps = has_kink(name)
    for n_points in (500, 501):
        display = ActivationDisplay.from_name(name, z=np.linspace(-5, 5, n_points))
        z, derivatives = display.derivative_line_.get_data()
        (gaps,) = np.nonzero(np.isnan(derivatives))
        assert len(gaps) == jumps
        for gap in gaps:
            assert z[gap - 1] <= 0 < z[gap + 1] < 0.03
        drawn = ~np.isnan(derivatives)
        np.testing.assert_array_equal(derivatives[drawn], display.derivatives)
        np.testing.assert_array_equal(z[drawn], display.z)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_far_out(name):
    z = np.array([-1e30, -700.0, 700.0, 1e30])
    display = ActivationDisplay.from_name(name, z=z)
    value, derivative = oracles.ACTIVATIONS[name]
    # cosh overflows where the derivative of tanh is 0.
    with np.errstate(over="ignore"):
        expected = derivative(z)
    np.testing.assert_allclose(display.values, value(z), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(display.derivatives, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("z", [[0.5], [-1, 1], [-1, 0, 1]], ids=len)
def test_few_points(z):
    display = ActivationDisplay.from_name("relu", z=z)
    np.testing.assert_array_equal(display.derivative_line_.get_ydata(), display.derivatives)


def test_unknown_activation():
    with pytest.raises(ValueError, match="name must be one of") as error:
        ActivationDisplay.from_name("swoosh")
    assert all(repr(name) in str(error.value) for name in [*ACTIVATIONS, "swoosh"])


@pytest.mark.parametrize("z", [[], [0.0, np.nan], [[0.0, 1.0], [2.0, 3.0]]])
def test_invalid_points(z):
    with pytest.raises(ValueError, match=r"minimum of 1|NaN|1d array"):
        ActivationDisplay.from_name("relu", z=z)


def test_boundaries_behind_a_scaler(moons):
    """On each line what its unit adds up is 0, but for what 1 / 200 of the grid rounds off."""
    network = binary((5, 3), activation="tanh")
    pipeline = make_pipeline(StandardScaler(), network).fit(*moons)
    display = HiddenUnitsDisplay.from_estimator(pipeline, *moons, eps=10)
    assert len(display.boundaries_) == 5
    assert sum(len(vertices(lines)) > 0 for lines in display.boundaries_) == 5
    for unit, lines in enumerate(display.boundaries_):
        seen = pipeline[:-1].transform(vertices(lines))
        sums = seen @ network.coefs_[0][:, unit] + network.intercepts_[0][unit]
        np.testing.assert_allclose(sums, 0, atol=1e-10)


@pytest.mark.parametrize(
    "step", [PolynomialFeatures(2), SplineTransformer(sparse_output=True)], ids=["dense", "CSR"]
)
def test_boundaries_behind_new_features(moons, step):
    """They are bent, and interpolated between points of the grid."""
    pipeline = make_pipeline(StandardScaler(), step, binary()).fit(*moons)
    display = HiddenUnitsDisplay.from_estimator(pipeline, *moons, eps=0)
    network = pipeline[-1]
    points = np.concatenate([vertices(lines) for lines in display.boundaries_])
    assert len(points) > 100
    sums = pipeline[:-1].transform(points) @ network.coefs_[0] + network.intercepts_[0]
    spread = np.abs(display.pre_activations).max()
    assert np.abs(sums).min(axis=1).max() < 1e-3 * spread


def test_boundaries_of_a_later_layer(moons):
    pipeline = make_pipeline(StandardScaler(), binary((6, 5), n_members=2)).fit(*moons)
    display = HiddenUnitsDisplay.from_estimator(pipeline, *moons, layer=-1)
    assert display.pre_activations.shape == (10, 200, 200)
    network = pipeline[-1]
    X = pipeline[:-1].transform(np.column_stack([display.xx0.ravel(), display.xx1.ravel()]))
    W, b = network.coefs_, network.intercepts_
    expected = [
        np.maximum(X @ W[0][member] + b[0][member], 0) @ W[1][member] + b[1][member]
        for member in range(2)
    ]
    np.testing.assert_allclose(
        display.pre_activations, np.hstack(expected).T.reshape(10, 200, 200), atol=1e-10
    )
    first = HiddenUnitsDisplay.from_estimator(pipeline, *moons, grid_resolution=50)
    assert first.pre_activations.shape == (12, 50, 50)


def test_a_unit_without_boundary_has_an_empty_line():
    xx0, xx1 = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5))
    display = HiddenUnitsDisplay(
        xx0=xx0,
        xx1=xx1,
        response=np.zeros((5, 5), int),
        pre_activations=np.stack([xx0 - 0.3, xx0 + 1]),
        classes=["no", "yes"],
    ).plot()
    assert set(vertices(display.boundaries_[0])[:, 0].round(12)) == {0.3}
    assert len(vertices(display.boundaries_[1])) == 0
    assert display.scatter_ is None


def test_regions_and_points_have_the_colours_of_their_classes(moons, blobs):
    """A class that the grid or the data lack changes no colours."""
    cases = [
        (binary(), *moons, slice(None)),
        (multiclass(), *blobs, slice(None)),
        (multiclass(), *blobs, blobs[1] != "ash"),
        (multiclass(), *blobs, blobs[1] == "cedar"),
    ]
    for network, X, y, shown in cases:
        network.fit(X, y)
        display = HiddenUnitsDisplay.from_estimator(network, X[shown], y[shown], eps=0.1)
        display.figure_.canvas.draw()
        grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
        handles = display.ax_.get_legend().legend_handles
        colors = {
            label: to_rgb(handle.get_color())
            for label, handle in zip(legend(display), handles, strict=True)
        }
        assert list(colors) == [str(label) for label in network.classes_]
        regions = display.regions_.surface_.get_facecolor().reshape(-1, 4)[:, :3]
        expected = [colors[str(label)] for label in network.predict(grid)]
        np.testing.assert_allclose(regions, expected)
        points = display.scatter_.get_facecolor()[:, :3]
        np.testing.assert_allclose(points, [colors[str(label)] for label in y[shown]])


def test_points_without_classes_are_black(moons):
    display = HiddenUnitsDisplay.from_estimator(binary().fit(*moons), moons[0])
    np.testing.assert_array_equal(display.scatter_.get_facecolor(), [to_rgba("black")])
    np.testing.assert_array_equal(display.scatter_.get_offsets(), moons[0])
    assert legend(display) == ["0", "1"]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_features_have_their_names(moons, frame):
    X = frame({"length": moons[0][:, 0], "width": moons[0][:, 1]})
    pipeline = make_pipeline(StandardScaler(), binary()).fit(X, moons[1])
    display = HiddenUnitsDisplay.from_estimator(pipeline, X, moons[1])
    assert display.ax_.get_xlabel() == "length"
    assert display.ax_.get_ylabel() == "width"
    network = binary().fit(X, moons[1])
    HiddenUnitsDisplay.from_estimator(network, X, moons[1])
    display = HiddenUnitsDisplay.from_estimator(binary().fit(*moons), *moons)
    assert display.ax_.get_xlabel() == "Feature 0"


def test_pandas_between_the_steps(moons):
    pipeline = make_pipeline(StandardScaler(), binary((4, 2))).set_output(transform="pandas")
    pipeline.fit(*moons)
    for layer in (0, 1):
        HiddenUnitsDisplay.from_estimator(pipeline, *moons, layer=layer)
    display = RepresentationDisplay.from_estimator(pipeline, *moons)
    assert display.representation.shape == (100, 2)


def test_float32(moons):
    X = moons[0].astype(np.float32)
    network = binary((3, 2)).fit(X, moons[1])
    HiddenUnitsDisplay.from_estimator(network, X, moons[1])
    assert RepresentationDisplay.from_estimator(network, X, moons[1]).boundary_ is not None


@pytest.mark.filterwarnings("ignore:y has a single class:UserWarning")
def test_single_class(moons):
    X, y = moons[0], np.zeros(len(moons[0]), int)
    network = multiclass((4, 2)).fit(X, y)
    assert RepresentationDisplay.from_estimator(network, X, y).boundary_ is None
    display = HiddenUnitsDisplay.from_estimator(network, X, y)
    assert not display.response.any()


def test_keywords_of_hidden_units(blobs):
    display = HiddenUnitsDisplay.from_estimator(
        multiclass().fit(*blobs),
        *blobs,
        region_kwargs={"alpha": 0.7},
        boundary_kwargs={"colors": "red", "lw": 3},
        scatter_kwargs={"color": "black", "ec": "yellow"},
    )
    assert display.regions_.surface_.get_alpha() == 0.7
    for lines in display.boundaries_:
        np.testing.assert_array_equal(lines.get_color(), [to_rgba("red")])
        assert lines.get_linewidth() == [3]
    np.testing.assert_array_equal(display.scatter_.get_facecolor(), [to_rgba("black")])
    np.testing.assert_array_equal(display.scatter_.get_edgecolor(), [to_rgba("yellow")])


def test_what_hidden_units_cannot_show(moons, binary_data):
    X, y = moons
    draw = HiddenUnitsDisplay.from_estimator
    with pytest.raises(ValueError, match="2 features to be drawn; got 10"):
        draw(binary().fit(*binary_data), *binary_data)
    with pytest.raises(ValueError, match="2 features to be drawn; got 3"):
        draw(binary().fit(X, y), np.full((4, 3), "text"))
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(\) has none"):
        draw(binary(()).fit(X, y), X, y)
    network = binary((3, 2)).fit(X, y)
    for layer in (2, -3):
        with pytest.raises(ValueError, match=f"layer must be from -2 to 1 .* got {layer}"):
            draw(network, X, y, layer=layer)
    with pytest.raises(ValueError, match="grid_resolution must be greater than 1; got 1"):
        draw(network, X, y, grid_resolution=1)
    with pytest.raises(ValueError, match="eps must not be negative; got -1"):
        draw(network, X, y, eps=-1)
    with pytest.raises(ValueError, match="classes not in"):
        draw(network, X, y + 1)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_boundary_between_two_classes(moons, make):
    """On its line both classes have a probability of a half."""
    pipeline = make_pipeline(StandardScaler(), make((8, 2), activation="tanh")).fit(*moons)
    display = RepresentationDisplay.from_estimator(pipeline, *moons)
    H = pipeline.transform(moons[0])
    np.testing.assert_array_equal(display.representation, H)
    np.testing.assert_array_equal(display.scatter_.get_offsets(), H)
    points, network = vertices(display.boundary_), pipeline[-1]
    assert len(points) > 1
    logits = points @ network.coefs_[-1] + network.intercepts_[-1]
    margin = logits[:, 0] - (logits[:, 1] if make is multiclass else 0)
    np.testing.assert_allclose(margin, 0, atol=1e-10)
    assert display.ax_.get_xlabel() == "Hidden unit 0"
    assert legend(display) == ["0", "1"]


def test_boundary_between_three_classes():
    """On its lines the two largest logits are equal, but where three of them meet."""
    angles = 2 * np.pi * np.arange(3) / 3
    coef, intercept = np.stack([np.cos(angles), np.sin(angles)]), np.array([0.1, 0.0, -0.1])
    H = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    display = RepresentationDisplay(
        representation=H,
        y=LABELS[(H @ coef + intercept).argmax(axis=1)],
        classes=LABELS,
        coef=coef,
        intercept=intercept,
    ).plot(boundary_kwargs={"color": "blue"})
    points = vertices(display.boundary_)
    logits = np.sort(points @ coef + intercept, axis=1)
    side = np.ptp(points, axis=0).max() / 199
    gap = logits[:, 2] - logits[:, 1]
    assert gap.max() < side * np.sqrt(3)  # by which a difference of two logits grows
    meets = logits[:, 2] - logits[:, 0] < 4 * side
    assert gap[~meets].max() < 1e-10
    changes = {tuple(pair) for pair in np.argsort(points @ coef + intercept)[:, 1:]}
    assert {frozenset(pair) for pair in changes} == set(
        map(frozenset, [(0, 1), (0, 2), (1, 2)])
    )
    np.testing.assert_array_equal(display.boundary_.get_color(), [to_rgba("blue")])
    colors = [handle.get_color() for handle in display.ax_.get_legend().legend_handles]
    points = display.scatter_
    points.figure.canvas.draw()
    expected = [to_rgba(colors[list(LABELS).index(label)]) for label in display.y]
    np.testing.assert_allclose(points.get_facecolor(), expected)


def test_wide_representations_are_projected(blobs):
    network = multiclass(7).fit(*blobs)
    display = RepresentationDisplay.from_estimator(network, *blobs)
    pca = PCA(2, svd_solver="full")
    np.testing.assert_allclose(
        display.representation, pca.fit_transform(network.transform(blobs[0])), atol=1e-12
    )
    first, second = pca.explained_variance_ratio_
    assert display.ax_.get_xlabel() == f"Principal component 1 ({first:.0%} of variance)"
    assert display.ax_.get_ylabel() == f"Principal component 2 ({second:.0%} of variance)"
    assert display.boundary_ is None


def test_a_representation_without_variance(moons):
    network = binary(3).fit(*moons)
    network.intercepts_[0][:] = -1e6  # no ReLU is ever active
    display = RepresentationDisplay.from_estimator(network, *moons)
    assert display.ax_.get_xlabel() == "Principal component 1 (0% of variance)"
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("hidden", "parameters"),
    [
        ((2, 2), {"transform_layer": 0}),
        ((2,), {"n_members": 2}),
        ((1,), {"n_members": 2}),
        ((1, 1), {"transform_layer": "all"}),
    ],
)
def test_no_boundary_where_the_output_layer_sees_something_else(moons, hidden, parameters):
    network = binary(hidden, **parameters).fit(*moons)
    display = RepresentationDisplay.from_estimator(network, *moons)
    assert display.boundary_ is None
    assert display.representation.shape == (100, 2)


def test_what_a_representation_cannot_show(moons):
    with pytest.raises(ValueError, match="width 2 or more; transform returned one column"):
        RepresentationDisplay.from_estimator(binary(1).fit(*moons), *moons)
    with pytest.raises(ValueError, match=r"hidden_layer_sizes=\(\) has none"):
        RepresentationDisplay.from_estimator(binary(()).fit(*moons), *moons)
    with pytest.raises(ValueError, match="classes not in"):
        RepresentationDisplay.from_estimator(binary(2).fit(*moons), moons[0], moons[1] + 1)
    with pytest.raises(ValueError, match="X needs two rows or more; got 1"):
        RepresentationDisplay.from_estimator(binary(3).fit(*moons), moons[0][:1], moons[1][:1])


def test_no_legend_of_classes_whose_colours_are_not_shown(moons):
    display = RepresentationDisplay.from_estimator(
        binary(2).fit(*moons), *moons, scatter_kwargs={"c": moons[0][:, 0]}
    )
    assert display.ax_.get_legend() is None


def test_many_classes_have_different_colours():
    y = np.arange(24)
    points = np.column_stack([y, y % 5])
    display = RepresentationDisplay(representation=points, y=y, classes=y).plot()
    display.figure_.canvas.draw()
    assert len(np.unique(display.scatter_.get_facecolor(), axis=0)) == 24
    handles = display.ax_.get_legend().legend_handles
    assert len({to_rgba(handle.get_color()) for handle in handles}) == 24
