"""Makes `overlay/discovery/data/words.npz`: `python -m benchmarks.word_table.make MODEL_FOLDER`."""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from wordfreq import top_n_list, zipf_frequency

from benchmarks.word_table.sentences import Sentences
from benchmarks.word_table.student import Lesson, first_guess, learn
from benchmarks.word_table.table_file import write
from benchmarks.word_table.teacher import Teacher
from overlay.discovery.words import words

WORDS = 40_000
SIZE = 256
TEXTS = 400_000
LONGEST = 100
"""Characters of a text: longer ones cost the teacher most and say little more."""
NEAR = 24
EPOCHS, RATE = 3, 3e-3
_WORD = re.compile(r"[a-z]{2,24}|[a-z0-9]{2,12}")
_TARGET = Path(__file__).parents[2] / "overlay/discovery/data/words.npz"


def main(folder: Path) -> None:
    """All stages, each announced."""
    teacher = Teacher(folder)
    known = vocabulary()
    zipf = np.array([zipf_frequency(word, "en") for word in known], np.float32)
    print(f"the teacher reads {len(known)} words")
    alone = teacher.embed(known)
    print("what is near to what")
    texts = [text for text in Sentences(2, known, _near(alone)).make(TEXTS) if len(text) <= LONGEST]
    print(f"the teacher reads {len(texts)} texts")
    taught = teacher.embed(texts)
    axes = principal_axes(taught)
    print("the student learns")
    numbers = {word: number for number, word in enumerate(known)}
    lesson = Lesson(
        [[numbers[word] for word in words(text) if word in numbers] for text in texts]
        + [[number] for number in range(len(known))],
        _along(axes, np.concatenate([taught, alone])),
    )
    vectors = learn(first_guess(alone @ axes, zipf), lesson, EPOCHS, RATE)
    lost = write(_TARGET, known, vectors, zipf)
    print(f"{_TARGET}: {lost:.1%} lost by rounding; sha256 {sha256(_TARGET.read_bytes()).hexdigest()}")


def vocabulary() -> list[str]:
    """The most frequent English words, the most frequent first."""
    found = [word for word in top_n_list("en", 2 * WORDS) if _WORD.fullmatch(word) and not word.isdigit()]
    return found[:WORDS]


def principal_axes(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The first say the most: a rough look needs only them."""
    _, _, axes = np.linalg.svd(vectors[:30_000], full_matrices=False)
    return np.ascontiguousarray(axes[:SIZE].T, np.float32)


def _along(axes: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found = vectors @ axes
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def _near(vectors: NDArray[np.float32]) -> list[list[int]]:
    middle = vectors - vectors.mean(axis=0)
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    found: list[list[int]] = []
    for at in range(0, len(middle), 1000):
        close = -(middle[at : at + 1000] @ middle.T)
        found += np.argpartition(close, NEAR, axis=1)[:, :NEAR].tolist()
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
