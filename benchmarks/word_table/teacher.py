"""The teacher: all-MiniLM-L6-v2, whose vectors of whole sentences the table learns to come near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nn
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

WIDTH, LAYERS, HEADS, LONGEST = 384, 6, 12, 128
_TOKENS_AT_ONCE = 1024


class Teacher:
    """Mean-pooled MiniLM, on the processor."""

    def __init__(self, folder: Path) -> None:
        self._weights: dict[str, Tensor] = load_file(str(folder / "model.safetensors"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of length 1 for each text."""
        encoded = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        found = np.zeros((len(texts), WIDTH), np.float32)
        with torch.inference_mode():
            for rows in _equally_long(encoded):
                found[rows] = self._forward(torch.tensor([encoded[row] for row in rows])).numpy()
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    def _forward(self, ids: Tensor) -> Tensor:
        weights = self._weights
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for number in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{number}.")
        return x.mean(1)

    def _layer(self, x: Tensor, at: str) -> Tensor:
        count, length, _ = x.shape
        query, key, value = (
            self._linear(x, f"{at}attention.self.{name}").view(count, length, HEADS, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        seen = nn.scaled_dot_product_attention(query, key, value)
        seen = seen.transpose(1, 2).reshape(count, length, WIDTH)
        x = self._norm(
            x + self._linear(seen, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm"
        )
        wide = nn.gelu(self._linear(x, f"{at}intermediate.dense"))
        return self._norm(x + self._linear(wide, f"{at}output.dense"), f"{at}output.LayerNorm")

    def _linear(self, x: Tensor, at: str) -> Tensor:
        return nn.linear(x, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])

    def _norm(self, x: Tensor, at: str) -> Tensor:
        weight, bias = self._weights[f"{at}.weight"], self._weights[f"{at}.bias"]
        return nn.layer_norm(x, (WIDTH,), weight, bias, 1e-12)


def _equally_long(encoded: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Rows in batches of one length: nothing has to be padded."""
    batch: list[int] = []
    for row in sorted(range(len(encoded)), key=lambda row: len(encoded[row])):
        length = len(encoded[row])
        if batch and (len(encoded[batch[0]]) != length or (len(batch) + 1) * length > _TOKENS_AT_ONCE):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
