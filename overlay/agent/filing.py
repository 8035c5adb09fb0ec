"""An agent's files: offered to others, and fetched from them (AG-8)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from overlay.agent.talking import Talking
from overlay.content.fetching import Progress
from overlay.content.file_ref import FileRef
from overlay.naming.ids import PartyId


def _silent(_there: int, _size: int) -> None:
    """Nobody wants to know."""


class Filing(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def offer_file(
        self,
        path: Path | str,
        to: Sequence[PartyId | str],
        *,
        media_type: str = "",
        lifetime_s: float | None = None,
    ) -> FileRef:
        """Let others fetch a file, which stays where it is: agents (`bob@b.example`) or domains. The
        reference says what it is, and goes in any body or context; whom `to` does not name it opens nothing.
        Who is named may ask for this file and nothing else, also where the agent lets no stranger in. The
        offer outlives this process; it ends after `lifetime_s`, or when the file changes.

            ref = await agent.offer_file("trace.pcap", to=["expert@b.example"])
            await agent.send("expert@b.example", ref.encode(), skill="network.trace")

        Raises BadInput for what is no file, TooLarge, Overloaded (`files_offered`), Unavailable.
        """
        return await self._here.works.files.offer(_path(path), _texts(to), media_type, lifetime_s)

    async def share_file(self, ref: FileRef, to: Sequence[PartyId | str]) -> None:
        """Let these fetch a file of ours, too: `await agent.share_file(ref, to=["carol@c.example"])`. Raises
        NotFound, BadInput, Unavailable.
        """
        await self._here.works.files.share(ref, _texts(to))

    async def withdraw_file(self, ref: FileRef) -> None:
        """Nobody can fetch it any more: `await agent.withdraw_file(ref)`. Raises NotFound, Unavailable."""
        await self._here.works.files.withdraw(ref)

    def offered_files(self) -> list[FileRef]:
        """What can be fetched from us now: `[ref.name for ref in agent.offered_files()]`."""
        return [offer.ref for offer in self._here.works.files.offers()]

    async def fetch_file(self, ref: FileRef, path: Path | str, *, progress: Progress = _silent) -> Path:
        """Fetch a file that was offered to us, to `path` (in it, under its own name, if that is a folder);
        returns where it is. Each chunk is proved, and the whole. While it comes it is `path.part`; after a
        break on either side, or on the way, it goes on by itself for `file_outage_s`, and after that, or in
        another process, when it is fetched again. `progress` is told bytes here and bytes in all.

            path = await agent.fetch_file(FileRef.decode(message.body), "inbox/")

        Raises NotFound (not offered to us, over, or changed), Untrusted (not what the reference says),
        BadInput (another file has this name), TooLarge, Unavailable.
        """
        return await self._here.works.files.fetch(ref, _path(path), progress)


def _texts(to: Sequence[PartyId | str]) -> Sequence[str]:
    return to if isinstance(to, str) else [str(one) for one in to]


def _path(path: Path | str) -> Path:
    return Path(path).expanduser()
