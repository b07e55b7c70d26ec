"""scikit-learn's own tests of its networks, with ours in the place of its classes."""

import inspect

import pytest
from sklearn.neural_network.tests import test_mlp

from skmlp import MLPMultilabelClassifier, MLPRegressor
from skmlp._outputs.classes import Binary, Multinomial


class MLPClassifier(MLPMultilabelClassifier):
    """One class for two classes, for several, and for labels, as scikit-learn's is."""

    @staticmethod
    def _of_classes(classes):
        return (Binary if len(classes) == 2 else Multinomial)(classes)

    @property
    def _output(self):
        is_of_labels = hasattr(self, "sparse_output_")
        return super()._output if is_of_labels else self._of_classes(self.classes_)

    def __sklearn_tags__(self):
        type(self)._of_classes.is_multiclass = True
        return super().__sklearn_tags__()


# What they look at that is scikit-learn's alone, or differs for a reason that
# docs/differences.md gives.
ELSEWHERE = {
    "test_fit": "it replaces entries of coefs_",
    "test_gradient": "it calls private methods; ours are compared in tests/test_gradients.py",
    "test_learning_rate_warmstart": "it looks at the private optimizer",
    "test_adaptive_learning_rate": "it looks at the private optimizer",
    "test_n_iter_no_change": "it looks at a private count",
    "test_n_iter_no_change_inf": "it looks at a private count",
    "test_early_stopping_stratified": "a class of one row is trained on, with a warning",
    "test_mlp_partial_fit_after_fit": "with early stopping there is no partial_fit",
    "test_preserve_feature_names": "it allows no warning, and has a y of a single class",
    "test_minimum_input_sample_size": "too few rows to hold any out are all trained on",
}
# Ours warn where scikit-learn's are silent.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*is no better than"),
    pytest.mark.filterwarnings("ignore:y has a single class"),
]

_IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
_source = inspect.getsource(test_mlp)
assert _IMPORT in _source
exec(compile(_source.replace(_IMPORT, "\n"), test_mlp.__file__, "exec"), globals())
for _name, _reason in ELSEWHERE.items():
    assert callable(globals().pop(_name)), _reason


@pytest.fixture
def global_random_seed():
    return 0


def test_the_classes_are_ours():
    assert globals()["MLPRegressor"] is MLPRegressor
