"""The functions that cross the border."""

from skmlp._kernels.epoch import run_epoch
from skmlp._kernels.network import outputs
from skmlp._kernels.shuffling import shuffle

__all__ = ["outputs", "run_epoch", "shuffle"]
