"""Files of fitted estimators: what is in them, and that they work elsewhere."""

import copy
import doctest
import io
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import joblib
import numpy as np
import pytest
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline

import skmlp
from skmlp import (
    MLPBinaryClassifier,
    MLPMulticlassClassifier,
    MLPMultilabelClassifier,
    MLPRegressor,
    TabularPreprocessor,
)
from skmlp._outputs.numbers import KINDS
from tests.helpers import fitted_values, run_python

# These fits are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# What docs/persistence.md tells users of skops to trust.
TRUSTED = [
    "skmlp._classifiers.MLPBinaryClassifier",
    "skmlp._classifiers.MLPMulticlassClassifier",
    "skmlp._multilabel.MLPMultilabelClassifier",
    "skmlp._regressors.MLPRegressor",
    "skmlp.preprocessing.TabularPreprocessor",
]
TRUSTED_TO_GO_ON = [
    "skmlp._stopping.Monitor",
    "skmlp._training.MemberState",
    "skmlp._training.TrainingState",
]


@pytest.fixture(scope="module")
def table():
    """Numbers with missing ones, few and many categories, and labels: (DataFrame, y)."""
    pandas = pytest.importorskip("pandas", reason="tables are pandas'")
    rng = np.random.default_rng(0)
    X = pandas.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    y = (X["a"] + X["b"] > 0).to_numpy().astype(int)
    X.loc[::7, "a"] = np.nan
    X["town"] = np.array(["Bonn", "Ulm", None], dtype=object)[np.arange(300) % 3]
    X["street"] = [f"street {i % 50}" for i in range(300)]
    X["day"] = pandas.date_range("2024-01-01", periods=300)
    return X, y


@pytest.fixture(scope="module")
def pipeline(table):
    network = MLPBinaryClassifier.tabular(max_iter=3, random_state=0)
    return make_pipeline(TabularPreprocessor(random_state=0), network).fit(*table)


def regressors(X, y):
    """Return a fitted regressor of each loss, and of several quantiles."""
    quantiles = {"loss": "quantile", "quantile": [0.1, 0.9]}
    for params in [*({"loss": loss} for loss in KINDS), quantiles]:
        network = MLPRegressor(**params, normalize_y=True, n_members=2, max_iter=2)
        yield network.fit(X, 1.0 + y)


class RecordingUnpickler(pickle.Unpickler):
    """Notes which modules a pickle imports from."""

    def __init__(self, content):
        super().__init__(io.BytesIO(content))
        self.modules = set()

    def find_class(self, module, name):
        self.modules.add(module)
        return super().find_class(module, name)


class TestPickle:
    def test_a_fitted_network_is_arrays_and_numbers(self, task):
        """No compiled object, and nothing of skmlp but the class itself."""
        classifier, X, y = task
        network = classifier(8, max_iter=3, random_state=0).fit(X, y)
        unpickler = RecordingUnpickler(pickle.dumps(network))
        loaded = unpickler.load()
        np.testing.assert_array_equal(loaded.predict_proba(X), network.predict_proba(X))
        ours = {name for name in unpickler.modules if name.startswith("skmlp")}
        assert ours == {"skmlp._classifiers"}
        assert {name.partition(".")[0] for name in unpickler.modules} == {"skmlp", "numpy"}

    def test_a_tabular_pipeline(self, pipeline, table):
        X, _ = table
        unpickler = RecordingUnpickler(pickle.dumps(pipeline))
        np.testing.assert_array_equal(
            unpickler.load().predict_proba(X), pipeline.predict_proba(X)
        )
        packages = {name.partition(".")[0] for name in unpickler.modules}
        assert packages <= {"skmlp", "sklearn", "numpy", "builtins"}

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"early_stopping": True},
            {"solver": "lbfgs"},
            {"solver": "adamw", "scaling_rate": 10.0},
            {"n_members": 4, "early_stopping": True, "validation_fraction": 0.25},
        ],
        ids=str,
    )
    def test_it_has_the_size_of_the_parameters(self, task, params):
        """Besides them curves, labels and names: some hundred bytes and ten an epoch."""
        classifier, X, y = task
        network = classifier((300, 200), max_iter=5, random_state=0, **params).fit(X, y)
        arrays = [*network.coefs_, *network.intercepts_]
        size = sum(array.nbytes for array in arrays)
        assert size > 400_000
        assert size < len(pickle.dumps(network)) < size + 4000
        assert size < len(pickle.dumps(copy.deepcopy(network))) < size + 4000

    @pytest.mark.parametrize("warm_start", [True, False])
    @pytest.mark.parametrize("reload", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
    def test_training_that_is_to_go_on_does(self, task, warm_start, reload):
        classifier, X, y = task
        network = classifier(
            8, dropout=0.1, max_iter=3, warm_start=warm_start, random_state=0
        ).fit(X, y)
        if not warm_start:
            network.partial_fit(X, y)
        loaded = reload(network)
        for method in ("partial_fit", "partial_fit", "fit"):
            getattr(network, method)(X, y)
            getattr(loaded, method)(X, y)
            np.testing.assert_array_equal(loaded.predict_proba(X), network.predict_proba(X))

    def test_after_other_fits_the_parameters_go_on(self, task):
        """As with empty moments, whose first step is of the learning rate's size."""
        classifier, X, y = task
        network = classifier(8, max_iter=30, batch_size=len(X), random_state=0).fit(X, y)
        loaded = pickle.loads(pickle.dumps(network))
        before = loaded.coefs_[0].copy()
        step = np.abs(loaded.partial_fit(X, y).coefs_[0] - before)
        # Adam's epsilon is 1e-8, and gradients are some 1e-6 at least.
        np.testing.assert_allclose(step, network.learning_rate_init, rtol=0.01)

    def test_what_is_to_go_on_keeps_its_moments(self, binary_data):
        """Two numbers a parameter beside it, with Adam."""
        X, y = binary_data
        network = MLPBinaryClassifier((300, 200), max_iter=2, random_state=0).fit(X, y)
        size = len(pickle.dumps(network))
        assert len(pickle.dumps(network.partial_fit(X, y))) > 2.9 * size
        assert len(pickle.dumps(network.set_params(warm_start=True).fit(X, y))) > 2.9 * size
        assert len(pickle.dumps(network.set_params(warm_start=False).fit(X, y))) < 1.1 * size


RESUMED = [
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
    {"solver": "sgd", "learning_rate": "invscaling", "nesterovs_momentum": False},
    {"dropout": 0.3, "max_grad_norm": 0.5, "activation": "prelu"},
    {"solver": "adamw", "learning_rate": "one_cycle", "max_iter": 8, "scaling_rate": 60.0},
    {"n_members": 3, "init": "data", "dropout": 0.1, "warmup_fraction": 0.5, "max_iter": 8},
]


class TestCheckpoints:
    """Training that is ended and goes on from a file is training without a break."""

    @pytest.mark.parametrize("params", RESUMED, ids=str)
    @pytest.mark.parametrize("kind", [MLPMulticlassClassifier, MLPRegressor])
    def test_partial_fit_goes_on_after_any_epoch(self, binary_data, kind, params):
        X, y = binary_data
        network = kind(hidden_layer_sizes=8, batch_size=32, random_state=0, **params)
        classes = {} if kind is MLPRegressor else {"classes": [0, 1]}
        weights = np.linspace(0.5, 2, len(y))
        files = []
        for _ in range(6):
            network.partial_fit(X, y, weights, **classes)
            files.append(pickle.dumps(network))
        expected = fitted_values(network)
        for n_epochs, content in enumerate(files, start=1):
            resumed = pickle.loads(content)
            for _ in range(6 - n_epochs):
                resumed.partial_fit(X, y, weights)
            assert fitted_values(resumed) == expected

    def test_in_another_process(self, binary_data, tmp_path):
        X, y = binary_data
        network = MLPBinaryClassifier(8, dropout=0.2, batch_size=32, random_state=0)
        for _ in range(3):
            network.partial_fit(X, y, classes=[0, 1])
        joblib.dump((network, X, y), tmp_path / "network.joblib")
        result = run_python(
            "import os, joblib\n"
            f"path = {str(tmp_path / 'network.joblib')!r}\n"
            "network, X, y = joblib.load(path)\n"
            "for _ in range(3):\n"
            "    network.partial_fit(X, y)\n"
            "joblib.dump(network, path)\n"
        )
        assert result.returncode == 0, result.stderr
        for _ in range(3):
            network.partial_fit(X, y)
        resumed = joblib.load(tmp_path / "network.joblib")
        assert fitted_values(resumed) == fitted_values(network)

    def test_a_warm_start_is_no_continuation(self, binary_data):
        """As docs/persistence.md says: it has moments of 0, and a schedule of its own."""
        X, y = binary_data
        params = {"n_iter_no_change": None, "random_state": 0}
        whole = MLPBinaryClassifier(8, max_iter=6, **params).fit(X, y)
        network = MLPBinaryClassifier(8, max_iter=3, warm_start=True, **params).fit(X, y)
        first = network.loss_curve_.copy()
        assert first == whole.loss_curve_[:3]
        network = pickle.loads(pickle.dumps(network)).fit(X, y)
        assert network.loss_curve_[:3] == first
        assert network.loss_curve_[4:] != whole.loss_curve_[4:]


class TestVersion:
    @pytest.fixture(params=["network", "preprocessor"])
    def estimator(self, request, table):
        X, y = table
        if request.param == "network":
            return MLPBinaryClassifier(2, max_iter=1).fit(X[["b", "c"]], y)
        return TabularPreprocessor().fit(X, y)

    def test_another_version_warns(self, estimator, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(skmlp, "__version__", "0.0.7")
            content = pickle.dumps(estimator)
        name, version = type(estimator).__name__, re.escape(skmlp.__version__)
        match = rf"estimator {name} from version 0\.0\.7 when using version {version}"
        with pytest.warns(InconsistentVersionWarning, match=match) as warned:
            loaded = pickle.loads(content)
        assert warned[0].message.original_sklearn_version == "0.0.7"
        assert loaded.get_params() == estimator.get_params()
        assert vars(loaded).keys() == vars(estimator).keys()

    def test_none_is_unknown(self, estimator):
        state = estimator.__getstate__()
        del state["_skmlp_version"]
        with pytest.warns(InconsistentVersionWarning, match="from version unknown"):
            type(estimator)().__setstate__(state)

    def test_unfitted(self):
        for estimator in (MLPBinaryClassifier(3), TabularPreprocessor(max_bins=2)):
            loaded = pickle.loads(pickle.dumps(estimator))
            assert vars(loaded) == vars(estimator)


class TestJoblib:
    @pytest.mark.parametrize("n_members", [1, 3])
    def test_a_memory_map_stays_one(self, task, tmp_path, n_members):
        classifier, X, y = task
        network = classifier((20, 10), n_members=n_members, max_iter=3, random_state=0)
        joblib.dump(network.fit(X, y), tmp_path / "network.joblib")
        mapped = joblib.load(tmp_path / "network.joblib", mmap_mode="r")
        np.testing.assert_array_equal(mapped.predict_proba(X), network.predict_proba(X))
        np.testing.assert_array_equal(mapped.transform(X), network.transform(X))
        for array in (*mapped.coefs_, *mapped.intercepts_):
            assert isinstance(array, np.memmap)
            assert not array.flags.writeable

    def test_a_tabular_pipeline(self, pipeline, table, tmp_path):
        X, _ = table
        joblib.dump(pipeline, tmp_path / "pipeline.joblib")
        mapped = joblib.load(tmp_path / "pipeline.joblib", mmap_mode="r")
        np.testing.assert_array_equal(mapped.predict_proba(X), pipeline.predict_proba(X))
        assert isinstance(mapped[-1].coefs_[0], np.memmap)


def test_cloudpickle_takes_what_only_lives_here(binary_data):
    """A class and a scorer from within a function, in a fresh process that has neither."""
    cloudpickle = pytest.importorskip("cloudpickle", reason="it is what is tested")
    X, y = binary_data

    class Local(MLPBinaryClassifier):
        def predict(self, X):
            return super().predict(X) + 10

    network = Local(
        4,
        max_iter=3,
        early_stopping=True,
        scoring=lambda estimator, X, y: (estimator.predict(X) == y + 10).mean(),
        random_state=0,
    ).fit(X, y)
    code = (
        "import pickle, sys\n"
        "network, X = pickle.load(sys.stdin.buffer)\n"
        "pickle.dump((network.predict(X), network.best_iter_), sys.stdout.buffer)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        input=cloudpickle.dumps((network, X)),
        capture_output=True,
        check=True,
    )
    labels, best_iter = pickle.loads(result.stdout)
    np.testing.assert_array_equal(labels, network.predict(X))
    assert set(labels) == {10, 11}
    assert best_iter == network.best_iter_


class TestSkops:
    @pytest.fixture
    def skops_io(self):
        return pytest.importorskip("skops.io", reason="it is what is tested")

    def test_the_list_of_types_is_as_documented(self, skops_io, pipeline, table):
        X, y = table
        columns = X[["b", "c"]]
        types = set()
        for estimator in (
            pipeline,
            MLPBinaryClassifier(3, max_iter=2, early_stopping=True).fit(columns, y),
            MLPMulticlassClassifier((), solver="lbfgs").fit(columns, y),
            MLPMultilabelClassifier(3, max_iter=2).fit(columns, np.stack([y, 1 - y], axis=1)),
            *regressors(columns, y),
        ):
            types.update(skops_io.get_untrusted_types(data=skops_io.dumps(estimator)))
        assert sorted(types) == TRUSTED

    def test_pairs_of_columns_are_of_no_other_types(self, skops_io):
        X = np.random.default_rng(0).integers(0, 20, (6000, 2))
        y = np.random.default_rng(1).integers(0, 2, (20, 20))[X[:, 0], X[:, 1]]
        preprocessor = TabularPreprocessor().fit(X, y)
        assert preprocessor.pairs_ == [(0, 1)]
        loaded = skops_io.loads(skops_io.dumps(preprocessor), trusted=TRUSTED)
        np.testing.assert_array_equal(loaded.transform(X), preprocessor.transform(X))

    def test_it_is_the_same_pipeline(self, skops_io, pipeline, table, tmp_path):
        X, y = table
        skops_io.dump(pipeline, tmp_path / "pipeline.skops")
        loaded = skops_io.load(tmp_path / "pipeline.skops", trusted=TRUSTED)
        np.testing.assert_array_equal(loaded.predict_proba(X), pipeline.predict_proba(X))
        np.testing.assert_array_equal(
            loaded[0].get_feature_names_out(), pipeline[0].get_feature_names_out()
        )
        assert loaded[-1].loss_curve_ == pipeline[-1].loss_curve_
        assert loaded.fit(X, y).score(X, y) == pipeline.score(X, y)

    @pytest.mark.parametrize("n_members", [1, 2])
    def test_training_goes_on(self, skops_io, task, n_members):
        classifier, X, y = task
        network = classifier(6, n_members=n_members, random_state=0)
        network.partial_fit(X, y, classes=np.unique(y))
        content = skops_io.dumps(network)
        assert set(skops_io.get_untrusted_types(data=content)) - set(TRUSTED) == {
            *TRUSTED_TO_GO_ON
        }
        loaded = skops_io.loads(content, trusted=TRUSTED + TRUSTED_TO_GO_ON)
        np.testing.assert_array_equal(
            loaded.partial_fit(X, y).predict_proba(X),
            network.partial_fit(X, y).predict_proba(X),
        )

    def test_regressors_predict_the_same(self, skops_io, binary_data):
        X, y = binary_data
        for network in regressors(X, y):
            content = skops_io.dumps(network)
            loaded = skops_io.loads(content, trusted=TRUSTED)
            np.testing.assert_array_equal(loaded.predict(X), network.predict(X))

    def test_another_version_warns(self, skops_io, pipeline, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(skmlp, "__version__", "0.0.7")
            content = skops_io.dumps(pipeline[-1])
        with pytest.warns(InconsistentVersionWarning, match="MLPBinaryClassifier from version"):
            skops_io.loads(content, trusted=TRUSTED)


def documented_save():
    """Return the function `save` of docs/persistence.md."""
    page = Path(__file__).parents[1] / "docs" / "persistence.md"
    examples = doctest.DocTestParser().get_examples(page.read_text(encoding="utf-8"))
    (source,) = (e.source for e in examples if e.source.startswith("def save("))
    names = {"Path": Path, "joblib": joblib, "os": os}
    exec(source, names)
    return names["save"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_leaves_the_old_file(tmp_path, binary_data):
    """The error is the disk's own, and reaches the user; no part of the new file stays."""
    path = tmp_path / "network.joblib"
    old = MLPBinaryClassifier((4,), max_iter=2, random_state=0).fit(*binary_data)
    new = MLPBinaryClassifier((999,), max_iter=2, random_state=0).fit(*binary_data)
    save = documented_save()
    save(old, path)
    with Path("/dev/full").open("wb") as full:
        on_full_disk = {**save.__globals__, "open": lambda *_: full}
        with pytest.raises(OSError, match="No space left"):
            FunctionType(save.__code__, on_full_disk)(new, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert joblib.load(path).hidden_layer_sizes == (4,)
    save(new, path)
    assert joblib.load(path).hidden_layer_sizes == (999,)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
