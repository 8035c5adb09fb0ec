"""The offers of an agent on its disk, a file each: they outlive its process, and all of these see them."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import msgspec

from overlay.content.file_ref import is_file_id
from overlay.content.offer import Offer
from overlay.errors import BadSettings
from overlay.private_files import private_folder, read_private, write_private
from overlay.wire.malformed import MALFORMED

_KEPT = 16
"""Offers in memory."""
_decoder = msgspec.msgpack.Decoder(Offer)


class Shelf:
    """`folder` is made with the first offer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: OrderedDict[str, tuple[int, Offer]] = OrderedDict()

    def put(self, offer: Offer) -> None:
        """On disk when this returns. Raises BadSettings."""
        private_folder(self._folder)
        write_private(self._file(offer.ref.id), msgspec.msgpack.encode(offer))

    def get(self, file_id: str) -> Offer | None:
        """The newest that any of our processes put there."""
        if not is_file_id(file_id):
            return None
        path = self._file(file_id)
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            self._known.pop(file_id, None)
            return None
        known = self._known.get(file_id)
        if known is None or known[0] != stamp:
            known = self._known[file_id] = stamp, _read(path)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return known[1]

    def drop(self, file_id: str) -> bool:
        """Whether it was there."""
        self._known.pop(file_id, None)
        if not is_file_id(file_id):
            return False
        try:
            self._file(file_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def all(self) -> list[Offer]:
        """The oldest first."""
        if not self._folder.is_dir():
            return []
        names = [entry.name for entry in os.scandir(self._folder) if is_file_id(entry.name)]
        found = [offer for name in names if (offer := self.get(name)) is not None]
        return sorted(found, key=lambda offer: (offer.until, offer.ref.id))

    def stamp(self) -> int:
        """Another one when an offer came or went."""
        try:
            return self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _file(self, file_id: str) -> Path:
        return self._folder / file_id


def _read(path: Path) -> Offer:
    try:
        return _decoder.decode(read_private(path))
    except MALFORMED as error:
        raise BadSettings(f"{path} is no offer of a file: remove it ({error})") from error
