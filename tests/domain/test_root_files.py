"""Where the roots of a domain and their keys are kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.domain.folder import DomainFolder
from overlay.domain.root_files import RootFiles
from overlay.errors import BadSettings
from overlay.private_files import private_folder, write_private
from overlay.trust.issuing import Issuer, new_root

DAY = 86400.0


def _issuer() -> Issuer:
    return Issuer(*new_root("a.example", 100 * DAY, time.time()))


@pytest.fixture
def folder(tmp_path: Path) -> DomainFolder:
    made, first = DomainFolder(tmp_path), _issuer()
    private_folder(made.root_key.parent)
    write_private(made.root_certificate, first.root.public_bytes(Encoding.PEM))
    write_private(made.root_key, first.key.to_pem())
    return made


def test_two_roots_are_kept_with_their_keys_and_in_their_order_until_one_goes(folder: DomainFolder) -> None:
    files, new = RootFiles(folder), _issuer()
    (old,) = files.load()
    files.save((new, old))
    assert [one.root for one in files.load()] == [new.root, old.root]
    files.save((new,))
    assert [one.root for one in RootFiles(folder).load()] == [new.root]
    (key,) = folder.root_key.parent.glob("*.key")
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_without_its_root_does_no_harm_and_a_root_without_its_key_is_found(
    folder: DomainFolder,
) -> None:
    (old,) = RootFiles(folder).load()
    write_private(folder.root_key.parent / "root-x.key", _issuer().key.to_pem())  # it died before root.pem
    assert [one.root for one in RootFiles(folder).load()] == [old.root]
    folder.root_key.unlink()
    with pytest.raises(BadSettings, match="no key"):
        RootFiles(folder).load()
