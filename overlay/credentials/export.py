"""DID documents as files that a web server serves: did:web for those who are not in the overlay."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from overlay.credentials.did import Did, web_url
from overlay.credentials.did_document import DidDocument
from overlay.errors import BadSettings


def file_of(document: DidDocument) -> Path:
    """Where it is under the root of the site: `.well-known/did.json`, `agents/<name>/did.json`.

    Raises BadName.
    """
    return Path(web_url(Did.parse(document.id)).split("/", 3)[3])


def export(documents: Iterable[DidDocument], status: str, out: Path) -> list[Path]:
    """Write them, and the CA's list of revoked credentials (`status`), under `out`; the files. What was there
    of earlier agents stays. Raises BadSettings.
    """
    pages = {file_of(document): document.to_json() for document in documents}
    pages[Path("credentials") / "status"] = status.encode()
    written = []
    for name, data in pages.items():
        file = out / name
        draft = file.with_name(f".{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(file)
        except OSError as error:
            raise BadSettings(f"{file} cannot be written: {error.strerror}") from error
        written.append(file)
    return written
