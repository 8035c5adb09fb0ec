"""The trust list of issuers in its file, `ca/issuers.toml`, which people may edit too."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import tomli_w

from overlay.ca.credentials.protocol import IssuerAdd
from overlay.credentials.credential import check_type
from overlay.credentials.issuers import ANY_TYPE, Voucher, check_listable
from overlay.errors import BadInput, BadSettings, NotFound, OverlayError, Overloaded
from overlay.private_files import read_private, write_private
from overlay.settings import Settings

FILE = "issuers.toml"
_HEAD = "# Whose credentials count in this domain, beside those of its own CA (docs/credentials.md).\n\n"


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: tuple[Voucher, ...] = ()


class IssuersFile:
    """Read at each question: a change counts at once."""

    def __init__(self, path: Path, domain: str, settings: Settings) -> None:
        self._path = path
        self._domain = domain
        self._settings = settings

    def read(self) -> tuple[Voucher, ...]:
        """Raises BadSettings, saying what is wrong in the file."""
        if not self._path.exists():
            return ()
        try:
            content = msgspec.convert(tomllib.loads(read_private(self._path).decode()), _Content)
            for voucher in content.issuer:
                self._check(voucher)
        except (ValueError, msgspec.ValidationError, OverlayError) as error:
            raise BadSettings(f"{self._path} cannot be used: {error}") from error
        return content.issuer

    def add(self, ask: IssuerAdd) -> None:
        """Raises BadInput, BadName, BadCredential, Overloaded, BadSettings."""
        voucher = Voucher(ask.did, ask.types)
        self._check(voucher)
        kept = [one for one in self.read() if one.did != ask.did]
        if len(kept) >= self._settings.credential_issuers:
            raise Overloaded(f"issuers: there are {len(kept)} (credential_issuers): remove one first")
        self._write([*kept, voucher])

    def remove(self, did: str) -> None:
        """Raises NotFound, BadSettings."""
        found = self.read()
        kept = [one for one in found if one.did != did]
        if len(kept) == len(found):
            raise NotFound(f"issuers: {did[:80]!r} is not on the list")
        self._write(kept)

    def _check(self, voucher: Voucher) -> None:
        check_listable(voucher.did, self._domain)
        if not voucher.types:
            raise BadInput(f"issuers: say for which types {voucher.did} may vouch, or '{ANY_TYPE}'")
        for kind in voucher.types:
            if kind != ANY_TYPE:
                check_type(kind)

    def _write(self, vouchers: list[Voucher]) -> None:
        content = {"issuer": [{"did": one.did, "types": list(one.types)} for one in vouchers]}
        write_private(self._path, (_HEAD + tomli_w.dumps(content)).encode())
