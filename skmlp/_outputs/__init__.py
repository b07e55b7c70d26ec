"""The output layer: what the columns of the network's last layer mean.

Nothing else knows that. An output has a loss, and says how many logits it needs, how y becomes
the targets that the loss compares them with, and what follows from logits: the loss of rows, a
decision, a score. Above it stand the estimators, each with its outputs; below it the compiled
loss, of which an output has the code.

Classes are abstract or final. To add one: a loss in :mod:`skmlp._kernels.losses`, a class here,
and an estimator that names it (docs/extending.md).
"""
