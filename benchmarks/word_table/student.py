"""The student: a vector for each word, so that their sum is near what the teacher makes of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as nn
from numpy.typing import NDArray

BATCH = 512
BETWEEN = 5.0
"""How much it counts that two sentences are as near to each other as the teacher says."""
_RARE = 1e-4


@dataclass(frozen=True)
class Lesson:
    """Texts as numbers of words, and what the teacher makes of them."""

    texts: Sequence[Sequence[int]]
    wanted: NDArray[np.float32]


def first_guess(vectors: NDArray[np.float32], zipf: NDArray[np.float32]) -> NDArray[np.float32]:
    """The teacher's vectors of single words, frequent ones shortened (Arora et al. 2017)."""
    shorter = _RARE / (_RARE + 10.0 ** (zipf - 9))
    return np.ascontiguousarray(vectors * shorter[:, None], np.float32)


def learn(
    start: NDArray[np.float32], lesson: Lesson, epochs: int, rate: float, seed: int = 0
) -> NDArray[np.float32]:
    """The vectors after so many rounds through the lesson."""
    table = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(start), freeze=False, mode="sum", sparse=True)
    steps = torch.optim.SparseAdam(table.parameters(), lr=rate)
    wanted = torch.tensor(lesson.wanted)
    rng = np.random.default_rng(seed)
    rounds = len(lesson.texts) // BATCH
    for number in range(epochs):
        order = rng.permutation(len(lesson.texts))
        for at in range(rounds):
            for group in steps.param_groups:
                group["lr"] = rate * (1 - (number * rounds + at) / (epochs * rounds))
            chosen = order[at * BATCH : (at + 1) * BATCH].tolist()
            steps.zero_grad()
            _loss(table, [lesson.texts[i] for i in chosen], wanted[chosen]).backward()
            steps.step()
    return np.asarray(table.weight.detach().numpy(), np.float32)


def _loss(table: torch.nn.EmbeddingBag, texts: Sequence[Sequence[int]], wanted: torch.Tensor) -> torch.Tensor:
    numbers = torch.tensor([number for text in texts for number in text])
    starts = torch.tensor([0, *np.cumsum([len(text) for text in texts])[:-1].tolist()])
    found = nn.normalize(table(numbers, starts), dim=1)
    apart = 1 - (found * wanted).sum(1)
    between = (found @ found.T - wanted @ wanted.T) ** 2
    return apart.mean() + BETWEEN * between.mean()
