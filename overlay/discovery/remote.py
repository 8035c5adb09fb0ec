"""Vectors from an OpenAI-compatible embedding endpoint over HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec
import numpy as np
from numpy.typing import NDArray

from overlay.errors import BadSettings, Failed, TimedOut, TooLarge, Unreachable
from overlay.private_files import read_private
from overlay.settings import Settings
from overlay.wire.malformed import MALFORMED

_NOT_THESE = (400, 413, 422)
"""How endpoints answer that a text is too long, or otherwise not for them."""
Vectors = NDArray[np.float32]


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


_ANSWER = msgspec.json.Decoder(_Answer)


class EmbeddingEndpoint:
    """One model at one endpoint. TLS is always verified; the key is neither printed nor logged."""

    def __init__(self, settings: Settings) -> None:
        """Raises BadSettings: the URL, the model, the key's file or the certificates cannot be used."""
        if not settings.discovery_embedding_model:
            raise BadSettings("discovery_embedding_model is empty: name the model of discovery_embedding_url")
        self._settings = settings
        self._url = _checked(settings.discovery_embedding_url)
        self.name = (
            f"{settings.discovery_embedding_model}@{self._url}#{settings.discovery_embedding_dimensions}"
        )
        """Vectors of another name are of another space."""
        self._client = httpx.AsyncClient(
            headers=_headers(settings),
            verify=_tls(settings),
            trust_env=False,
            follow_redirects=False,
            timeout=settings.discovery_embedding_batch_timeout_s,
            limits=httpx.Limits(max_connections=settings.discovery_embedding_concurrency + 1),
        )

    async def embed(self, texts: Sequence[str], timeout_s: float) -> Vectors:
        """A row of length 1 for each text (zeros for an empty one).

        Raises TimedOut, Unreachable, TooLarge (it does not take these texts), Failed (anything else that is
        no answer).
        """
        if not texts:
            return np.zeros((0, self._settings.discovery_embedding_dimensions), np.float32)
        longest = self._settings.discovery_embedding_text
        question: dict[str, object] = {
            "model": self._settings.discovery_embedding_model,
            "input": [text[:longest].strip() or "." for text in texts],
            "encoding_format": "float",
        }
        if self._settings.discovery_embedding_dimensions:
            question["dimensions"] = self._settings.discovery_embedding_dimensions
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._post(msgspec.json.encode(question))
        except TimeoutError as error:
            raise TimedOut(f"the embedding endpoint did not answer in {timeout_s:g} s") from error
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"the embedding endpoint {self._url} cannot be reached: {error}") from error
        found = _vectors(answer, len(texts), self._settings.discovery_embedding_dimensions)
        found[[not text.strip() for text in texts]] = 0
        return found

    async def close(self) -> None:
        """Idempotent."""
        await self._client.aclose()

    async def _post(self, question: bytes) -> bytes:
        limit = self._settings.discovery_embedding_answer_bytes
        async with self._client.stream("POST", self._url, content=question) as answer:
            if answer.status_code in _NOT_THESE:
                raise TooLarge(
                    f"the embedding endpoint does not take a text: it answers {answer.status_code}"
                )
            if answer.status_code != 200:  # its text may repeat the key, or what was asked
                raise Failed(f"the embedding endpoint {self._url} answers {answer.status_code}")
            found = bytearray()
            async for part in answer.aiter_bytes():
                found += part
                if len(found) > limit:
                    raise TooLarge(f"an answer of the embedding endpoint is longer than {limit} bytes")
            return bytes(found)


def _vectors(answer: bytes, count: int, size: int) -> Vectors:
    try:
        items = sorted(_ANSWER.decode(answer).data, key=lambda item: item.index)
        with np.errstate(over="ignore"):  # what overflows has no length, below
            found = np.array([item.embedding for item in items], np.float32)
    except (*MALFORMED, ValueError, OverflowError) as error:
        raise Failed(f"what the embedding endpoint answers are no vectors: {error}") from error
    if [item.index for item in items] != list(range(count)) or found.ndim != 2 or not found.shape[1]:
        raise Failed(f"the embedding endpoint was to make {count} vectors, and did not")
    if size and found.shape[1] != size:
        raise Failed(f"the embedding endpoint makes vectors of {found.shape[1]} numbers, not {size}")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise Failed("a vector of the embedding endpoint has no length")
    unit: Vectors = (found / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text.rstrip("/") + "/embeddings")
    except (httpx.InvalidURL, ValueError) as error:
        raise BadSettings(f"discovery_embedding_url is no URL: {error}") from error
    if url.userinfo:
        raise BadSettings("discovery_embedding_url holds a password: put the key into a file")
    if url.scheme == "https" and url.host:
        return url
    if url.scheme == "http" and _is_here(url.host):
        return url
    raise BadSettings(
        "discovery_embedding_url must begin with https:// (http:// only for 127.0.0.1, ::1 and localhost): "
        "descriptions, questions and the key would cross the network for all to read"
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    key = settings.discovery_embedding_key.get_secret_value() if settings.discovery_embedding_key else ""
    if settings.discovery_embedding_key_file:
        key = read_private(Path(settings.discovery_embedding_key_file)).decode("ascii", "replace").strip()
    if not key.isascii() or not key.isprintable():
        raise BadSettings(
            "the key of the embedding endpoint is not printable ASCII: write nothing else there"
        )
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _tls(settings: Settings) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if file := settings.discovery_embedding_ca_file:
        try:
            context.load_verify_locations(file)
        except (OSError, ssl.SSLError) as error:
            raise BadSettings(f"discovery_embedding_ca_file {file} cannot be used: {error}") from error
    return context
