"""The CPU seconds of TabularPreprocessor beside scikit-learn's transformers, in one process.

The peer is a ColumnTransformer with StandardScaler for numbers, dates among them as numbers,
and OneHotEncoder(max_categories=32) for categories; for a column of more categories also
TargetEncoder. Both run in turns, with one thread, after a run on some rows; of each the
median counts. The memory is that of tracemalloc at its peak, the input not included, over the
bytes of input and output together.

    python benchmarks/bench_preprocessing.py [--rows 200000] [--rounds 5] [--only NAME ...]
"""

import argparse
import statistics
import time
import tracemalloc
import warnings
from functools import partial

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from skmlp import TabularPreprocessor

MANY = 33  # categories, from which a column has target means


def numbers(rng, n_rows):
    """Return ten columns of several distributions, three with missing values."""
    columns = {
        "normal": rng.normal(size=n_rows),
        "wide": rng.normal(1e6, 1e5, n_rows),
        "lognormal": rng.lognormal(size=n_rows),
        "heavy": rng.standard_t(1.5, n_rows),
        "exponential": rng.exponential(3, n_rows),
        "uniform": rng.uniform(size=n_rows),
        "counts": rng.poisson(4, n_rows).astype(float),
        "years": rng.integers(1950, 2025, n_rows).astype(float),
        "mostly_zero": np.where(rng.random(n_rows) < 0.7, 0.0, rng.exponential(size=n_rows)),
        "two_humps": rng.normal(size=n_rows) + 8 * (rng.random(n_rows) < 0.5),
    }
    for name, part in {"normal": 0.1, "lognormal": 0.02, "years": 0.3}.items():
        columns[name][rng.random(n_rows) < part] = np.nan
    return columns


def texts(rng, n_rows, n_categories):
    names = np.array([f"category {k}" for k in range(n_categories)], dtype=object)
    return names[(n_categories * rng.random(n_rows) ** 1.5).astype(int)]


def mixed(n_rows, extra=()):
    """Return ten numbers, three columns of categories and a date, and labels."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            **numbers(rng, n_rows),
            "five": pd.Series(texts(rng, n_rows, 5), dtype=object),
            "twenty": pd.Categorical(texts(rng, n_rows, 20)),
            "thirty": texts(rng, n_rows, 30),
            "date": pd.Timestamp("2015")
            + pd.to_timedelta(rng.integers(0, 3 * 10**8, n_rows), unit="s"),
            **{f"many_{size}": texts(rng, n_rows, size) for size in extra},
        }
    )
    return table, (table["uniform"] + rng.normal(size=n_rows) > 0.5).to_numpy().astype(int)


def dense(n_rows, n_columns=40, dtype=np.float32):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns)).astype(dtype)
    return X, (X[:, 0] > 0).astype(int)


def to_polars(table):
    import polars

    return polars.from_pandas(table)


def to_arrow(table):
    import pyarrow

    return pyarrow.Table.from_pandas(table)


def converted(convert, n_rows):
    X, y = mixed(n_rows)
    return convert(X), y


def as_frame(X, y):
    return pd.DataFrame(X).rename(columns=str), y


FRAMES = {
    "ten numbers, three categories, a date": mixed,
    "and 300 categories": lambda n_rows: mixed(n_rows, extra=[300]),
    "polars": lambda n_rows: converted(to_polars, n_rows),
    "arrow": lambda n_rows: converted(to_arrow, n_rows),
    "40 numbers, float32 array": dense,
    "1,000 rows, 20 columns": lambda n_rows: dense(1000, 20),
    "1,000 rows, mixed": lambda n_rows: mixed(1000),
    "150 rows, 4 columns": lambda n_rows: dense(150, 4, np.float64),
    "150 rows, 4 columns, DataFrame": lambda n_rows: as_frame(*dense(150, 4, np.float64)),
}


class Peer:
    """The transformers of scikit-learn, with the date as a number."""

    def __init__(self, X):
        if isinstance(X, np.ndarray):
            self._transformer = StandardScaler()
            return
        X = self._table(X)
        groups = {"numbers": [], "few": [], "many": []}
        for name in X.columns:
            few = "few" if X[name].nunique() < MANY else "many"
            is_number = pd.api.types.is_numeric_dtype(X[name].dtype)
            groups["numbers" if is_number else few].append(name)
        encoder = OneHotEncoder(max_categories=32, handle_unknown="ignore")
        self._transformer = make_column_transformer(
            (StandardScaler(), groups["numbers"]),
            (encoder, groups["few"]),
            (TargetEncoder(random_state=0), groups["many"]),
        )

    @staticmethod
    def _table(X):
        if isinstance(X, np.ndarray):
            return X
        if not isinstance(X, pd.DataFrame):
            X = X.to_pandas()
        dates = X.select_dtypes("datetime")
        return X.assign(**{name: dates[name].astype("int64").astype(float) for name in dates})

    def fit_transform(self, X, y):
        return self._transformer.fit_transform(self._table(X), y)

    def transform(self, X):
        return self._transformer.transform(self._table(X))


def seconds(call, least=0.1):
    """Return the CPU seconds of a call, over as many calls as take the least time."""
    n_calls, start = 0, time.process_time()
    while not n_calls or time.process_time() - start < least:
        call()
        n_calls += 1
    return (time.process_time() - start) / n_calls


def size_of(X):
    """Return the bytes of a table as it is given: of strings only their references."""
    if isinstance(X, pd.DataFrame):
        return int(X.memory_usage(index=False).sum())
    return int(X.estimated_size() if hasattr(X, "estimated_size") else X.nbytes)


def memory_of(call, X):
    """Return the peak of a call over the bytes of input and output together."""
    tracemalloc.start()
    output = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak + size_of(X)) / (size_of(X) + output.nbytes)


def report(title, X, y, rounds):
    """Print a row of the table: of each method the milliseconds, the ratio and the memory."""
    models, cells = (TabularPreprocessor(), Peer(X)), []
    some = slice(0, 2000)
    for model in models:
        model.fit_transform(X[some], y[some])
    for method, *given in (("fit_transform", X, y), ("transform", X), ("transform", X[:1])):
        calls = [partial(getattr(model, method), *given) for model in models]
        times = [[seconds(call) for call in calls] for _ in range(rounds)]
        our, peer = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(a / b for a, b in times)
        memory = f"{memory_of(calls[0], given[0]):.2f}" if len(given[0]) > 1 else "-"
        cells.append(f"{1e3 * our:.3g} | {1e3 * peer:.3g} | {ratio:.2f} | {memory}")
    print(f"| {title} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=FRAMES, default=list(FRAMES))
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print("Milliseconds of CPU time: ours, the peer's, ratio; and peak memory.\n")
    head = "ms | peer | ratio | memory"
    print(f"| | fit_transform: {head} | transform: {head} | transform a row: {head} |")
    print("|---|" + "---|" * 12)
    for title in args.only:
        with threadpool_limits(1):
            report(title, *FRAMES[title](args.rows), args.rounds)


if __name__ == "__main__":
    main()
