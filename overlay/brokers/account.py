"""As whom a broker runs that refuses to be root's, or should not be: `nobody`, when we are root."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overlay.brokers.programs import find_program
from overlay.errors import BadSettings
from overlay.private_files import private_folder, write_private

_USER = "nobody"
_GROUP = "nogroup"


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group of a server process. `switch`: they are others than ours, for we are root."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def for_servers(cls) -> Account:
        """Ours, or nobody's if we are root. Raises BadSettings if there is no `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        try:
            user = pwd.getpwnam(_USER)
        except KeyError as error:
            raise BadSettings(
                f"there is no user {_USER!r} to run a server as: run it as another user than root"
            ) from error
        return cls(user.pw_uid, _group(user.pw_gid), switch=True)

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that runs `command` as this account. Raises BadSettings without `setpriv`."""
        if not self.switch:
            return list(command)
        program = find_program("setpriv", install="run `apt-get install util-linux`, or do not run as root")
        ids = (f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups")
        return [str(program), *ids, "--", *command]

    def outer_folder(self, path: Path) -> Path:
        """A folder of ours that holds files of the account: private, but that the account may pass through.

        Raises BadSettings.
        """
        if not self.switch:
            return private_folder(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o711)
        except OSError as error:
            raise BadSettings(f"the folder {path} cannot be made: {error.strerror}") from error
        return path

    def check_passable(self, path: Path) -> None:
        """Returns if the account gets to `path`. Raises BadSettings, naming the folder above that bars it."""
        if not self.switch:
            return
        for parent in path.absolute().parents:
            if not parent.stat().st_mode & stat.S_IXOTH:
                raise BadSettings(
                    f"the broker runs as {_USER!r} when started by root, and may not pass through {parent}: "
                    f"run `chmod o+x {parent}`, or do not run as root"
                )

    def inner_folder(self, path: Path) -> Path:
        """A private folder of the account itself. Raises BadSettings."""
        private_folder(path)
        self._give(path)
        return path

    def write(self, path: Path, data: bytes) -> None:
        """A private file that the account reads. Raises BadSettings."""
        write_private(path, data)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def _group(default: int) -> int:
    try:
        return grp.getgrnam(_GROUP).gr_gid
    except KeyError:
        return default
