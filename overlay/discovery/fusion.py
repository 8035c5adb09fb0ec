"""One score of two: how well the words match, and how near the vectors are. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORDS = 0.2
"""What the match of one rare word counts, where vectors that point the same way count 1."""


def fused(near: NDArray[np.float32], matched: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine, and on top of it the words."""
    return near + np.float32(WORDS) * matched


def confidence(score: float) -> float:
    """A fused score as 0 … 1, in the same order."""
    return max(0.0, score) / (1 + max(0.0, score))
