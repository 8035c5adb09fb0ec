"""Finding by meaning (REG-5): by words and by vectors, over what agents say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection

from overlay.discovery.contract import Embedder, Hit, Said, Understanding, Vector

Among = Callable[[str], bool] | Collection[str] | None


class SemanticIndex:
    """Agents by what they say of themselves. One thread; every call returns at once."""

    def __init__(
        self, understanding: Understanding | None = None, embedder: Embedder | None = None
    ) -> None: ...

    def put(self, key: str, said: Said) -> None:
        """Keep what an agent says; it replaces what it said before."""
        raise NotImplementedError

    def drop(self, key: str) -> None:
        """Forget an agent; one that is not here is no error."""
        raise NotImplementedError

    def search(
        self, intent: str, limit: int = 10, among: Among = None, vector: Vector | None = None
    ) -> list[Hit]:
        """The best first. `among`: only these keys. `vector`: the intent's, by the remote embedder."""
        raise NotImplementedError

    def use_space(self, name: str, size: int) -> None:
        """From now on vectors of this remote embedder may be given; those of another are forgotten."""
        raise NotImplementedError

    def give_vector(self, key: str, space: str, vector: Vector) -> bool:
        """Keep an agent's vector from a remote embedder. False: not here any more, or of another space."""
        raise NotImplementedError
