"""A file that is being fetched: `name.part` with what is there, and what is known of it. In threads.

The journal (`name.part.journal`) is a line of JSON with the reference, the digests of all chunks, and the
number of each chunk that was written (four bytes each). After a break the chunks that it names are read and
checked again, so it may be ahead of what reached the disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from overlay.content.chunks import DIGEST_BYTES, check_chunk, check_digests, chunk_length, chunk_start
from overlay.content.file_ref import FileRef
from overlay.errors import BadInput, BadSettings, Unavailable, Untrusted

_NUMBER = struct.Struct(">I")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_STEP = 1024 * 1024


class DiskUnusable(Unavailable):
    """There is no room, or it failed."""


class PartFile:
    """Of one process at a time. `with PartFile(path, ref) as part`; all methods block for the disk."""

    def __init__(self, path: Path, ref: FileRef) -> None:
        """Raises BadInput where another process fetches it; BadSettings where there can be none."""
        self.path = path
        self.ref = ref
        self.digests = b""
        """Of all chunks; empty: not known yet."""
        self._part_path = path.with_name(f"{path.name}.part")
        self._journal_path = path.with_name(f"{path.name}.part.journal")
        self._using = threading.Lock()
        """Nobody uses the files after they were closed: whoever is cancelled leaves a thread behind."""
        self._is_open = True
        self._journal = _open(self._journal_path)
        try:
            self._lock()
            self._part = _open(self._part_path)
        except BaseException:
            os.close(self._journal)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._using:
            self._is_open = False
            os.close(self._part)
            os.close(self._journal)

    def resume(self) -> set[int]:
        """The chunks that are here already and right, after a break; then `digests` are known."""
        with self._use():
            data = os.pread(self._journal, os.fstat(self._journal).st_size, 0)
        line, _, rest = data.partition(b"\n")
        length = self.ref.count * DIGEST_BYTES
        if line != self.ref.encode() or len(rest) < length:
            return set()
        try:
            digests = check_digests(self.ref, rest[:length])
        except Untrusted:
            return set()
        numbers = rest[length : len(rest) - (len(rest) - length) % _NUMBER.size]
        written = {number for (number,) in _NUMBER.iter_unpack(numbers)}
        right = {index for index in written if self._is_right(index, digests)}
        self.begin(digests, right)
        return right

    def begin(self, digests: bytes, there: set[int]) -> None:
        """Write the journal anew. Raises DiskUnusable when it is full."""
        self.digests = digests
        numbers = b"".join(_NUMBER.pack(index) for index in sorted(there))
        with self._use():
            self._check_room(self.ref.size - len(there) * self.ref.chunk_bytes)
            os.ftruncate(self._journal, 0)
            _write(self._journal, b"".join((self.ref.encode(), b"\n", digests, numbers)), 0)
            os.lseek(self._journal, 0, os.SEEK_END)
            os.ftruncate(self._part, self.ref.size)

    def put(self, index: int, data: bytes) -> None:
        """Check a chunk and write it. Raises Untrusted, DiskUnusable."""
        check_chunk(self.ref, index, data, self.digests)
        with self._use():
            _write(self._part, data, chunk_start(self.ref, index))
            os.write(self._journal, _NUMBER.pack(index))

    def finish(self) -> None:
        """All chunks are here: check the whole, and give it its name. Raises Untrusted; then it is gone."""
        if self._digest() != self.ref.digest:
            self._part_path.unlink(missing_ok=True)
            self._journal_path.unlink(missing_ok=True)
            raise Untrusted(
                f"{self.ref.name!r} has another digest than its reference says: {self.ref.holder} offered "
                "two things as one; nothing was kept"
            )
        with self._use():
            os.fsync(self._part)
            self._part_path.replace(self.path)
            self._journal_path.unlink(missing_ok=True)

    def _digest(self) -> str:
        whole = hashlib.sha256()
        for start in range(0, self.ref.size, _STEP):
            with self._use():
                whole.update(os.pread(self._part, min(_STEP, self.ref.size - start), start))
        return whole.hexdigest()

    def _is_right(self, index: int, digests: bytes) -> bool:
        length = chunk_length(self.ref, index)
        if not length:
            return False
        with self._use():
            data = os.pread(self._part, length, chunk_start(self.ref, index))
        try:
            check_chunk(self.ref, index, data, digests)
        except Untrusted:
            return False
        return True

    def _check_room(self, wanted: int) -> None:
        disk = os.fstatvfs(self._part)
        free = disk.f_bavail * disk.f_frsize
        if wanted > free:
            raise DiskUnusable(
                f"{self.path} would take {wanted} more bytes, and its disk has room for {free}: make room, "
                "and fetch again"
            )

    @contextmanager
    def _use(self) -> Iterator[None]:
        with self._using:
            if not self._is_open:
                raise DiskUnusable(f"{self._part_path} is closed")
            try:
                yield
            except OSError as error:
                raise DiskUnusable(
                    f"{self._part_path} cannot be written: {error.strerror}. Make room on its disk, and "
                    "fetch again"
                ) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"{self.path} is being fetched already") from error
        if not _is_at(self._journal, self._journal_path):  # who had it has just finished
            raise BadInput(f"{self.path} was fetched by another process just now")


def _open(path: Path) -> int:
    try:
        return os.open(path, _FLAGS, 0o600)
    except OSError as error:
        raise BadSettings(f"{path} cannot be written: {error.strerror}") from error


def _write(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(file, view, at)
        view, at = view[done:], at + done


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False
