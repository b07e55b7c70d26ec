"""
========================================
Learned features for another classifier
========================================

A fitted network is a transformer, too: ``transform`` returns what its hidden layer makes of the
data. Within a Pipeline it hands that to any other estimator, here to nearest neighbours.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import MLPMulticlassClassifier, RepresentationDisplay

# %%
# Distances that mean something
# -----------------------------
# To nearest neighbours every feature is as important as every other. Where only 6 of 40 have to
# do with the class, most of a distance is noise. PCA keeps the directions of large variance,
# which need not be those that matter. The network's ten features were made to tell the
# classes apart.
X, y = make_classification(
    3000, n_features=40, n_informative=6, n_redundant=0, n_classes=4, class_sep=1.5,
    random_state=0,
)  # fmt: skip
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

network = MLPMulticlassClassifier(
    (64, 10), "tanh", alpha=1.0, learning_rate_init=0.003, early_stopping=True,
    scoring="neg_log_loss", random_state=0,
)  # fmt: skip
neighbors = KNeighborsClassifier(15)
on_network = make_pipeline(StandardScaler(), network, neighbors)
pipelines = {
    "all 40 features": make_pipeline(StandardScaler(), neighbors),
    "10 principal components": make_pipeline(StandardScaler(), PCA(10), neighbors),
    "10 learned features": on_network,
}
print("test accuracy of nearest neighbours")
accuracies = {}
for name, pipeline in pipelines.items():
    accuracies[name] = pipeline.fit(X_train, y_train).score(X_test, y_test)
    print(f"  on {name:23}: {accuracies[name]:.3f}")
itself = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
print(f"of the network itself: {itself.score(X_test, y_test):.3f}")
assert max(accuracies, key=accuracies.get) == "10 learned features"

# %%
# What the neighbours see
# -----------------------
# Two principal components of the test rows, before the network and behind it. A network within
# a Pipeline can be shown by itself.
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
plane = PCA(2).fit_transform(StandardScaler().fit(X_train).transform(X_test))
RepresentationDisplay(representation=plane, y=y_test, classes=on_network.classes_).plot(left)
left.set(title="40 features", xlabel="Principal component 1", ylabel="Principal component 2")
left.get_legend().remove()
RepresentationDisplay.from_estimator(on_network[:-1], X_test, y_test, ax=right)
right.get_legend().set(loc="upper left", bbox_to_anchor=(1, 1))
right.set_title("10 learned features")

# %%
# The network has seen the labels of its training rows, so that its features of these are better
# than those of new ones. Compare, and choose parameters, on rows that it has not seen: within
# a Pipeline, cross-validation does. ``transform_layer`` chooses another hidden layer, or all of
# them side by side; as a parameter, it can be searched over.
print("names:", *on_network[:-1].get_feature_names_out()[:3], "...")
for layer in (0, 1, "all"):
    on_network.set_params(mlpmulticlassclassifier__transform_layer=layer).fit(X_train, y_train)
    n_features = on_network[:-1].transform(X_test).shape[1]
    print(f"layer {layer}: {n_features} features, {on_network.score(X_test, y_test):.3f}")
plt.show()
