"""The table's file: four bits for each number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LARGEST = 7
_CLIPPED_AT = (0.45, 0.55, 0.65, 0.75, 0.85, 1.0)
"""Shares of a row's largest number: what is larger is clipped, if that makes the whole row truer."""


def write(path: Path, words: Sequence[str], vectors: NDArray[np.float32], zipf: NDArray[np.float32]) -> float:
    """Returns how far the stored vectors are from the given ones, as a share of their length."""
    largest = np.abs(vectors).max(axis=1)
    choices = [(largest * share / _LARGEST).astype(np.float16) for share in _CLIPPED_AT]
    errors = np.array([_error(vectors, scales) for scales in choices])
    best = errors.argmin(axis=0)
    scales = np.array(choices)[best, np.arange(len(vectors))]
    nibbles = (_steps(vectors, scales) + 8).astype(np.uint8)
    np.savez(
        path,
        steps=nibbles[:, 0::2] | (nibbles[:, 1::2] << 4),
        scales=scales,
        zipf=np.rint(zipf * 32).astype(np.uint8),
        words=np.frombuffer("\n".join(words).encode("ascii"), np.uint8),
    )
    return float(np.sqrt(errors.min(axis=0).sum() / (vectors**2).sum()))


def _steps(vectors: NDArray[np.float32], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    return np.clip(np.rint(vectors / np.maximum(scales.astype(np.float32), 1e-8)[:, None]), -8, 7)


def _error(vectors: NDArray[np.float32], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    found = _steps(vectors, scales) * scales.astype(np.float32)[:, None]
    return np.asarray(((found - vectors) ** 2).sum(axis=1), np.float32)
