"""What a change of a channel with many members costs, told whole or as a difference: bytes, processor time.

python benchmarks/channels.py --members 100 1000 10000
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence

import msgspec

from overlay.channels.difference import difference, followed, read_difference
from overlay.channels.epoch import new_epoch
from overlay.channels.roster import Member, Roster, open_roster, sign_roster
from overlay.channels.talk import Turn, encode_talk
from overlay.clock import DAY_S, system_clock
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SealingKey, SigningKey

_DOMAIN = "a.example"
_ROUNDS = 5


class Change:
    """Somebody joins a channel of so many."""

    def __init__(self, members: int, owner: Credentials, trust: TrustStore) -> None:
        self._owner = owner
        self._trust = trust
        name = str(owner.party)
        others = tuple(Member(f"member-{number}@{_DOMAIN}", 1) for number in range(members - 1))
        self._before = Roster(f"case@{_DOMAIN}", name, 1, (Member(name, 1), *others))
        come = (*self._before.members, Member(f"new@{_DOMAIN}", 2))
        self._after = msgspec.structs.replace(self._before, version=2, members=come)
        self._settings = Settings(channel_members=members + 1)
        self.base = sign_roster(self._before, owner)
        self.whole = sign_roster(self._after, owner)
        self.told = difference(self.base, self.whole) or b""

    def sign(self) -> None:
        """By the owner, once."""
        sign_roster(self._after, self._owner)

    def find(self) -> None:
        """What is different: by the owner, once."""
        difference(self.base, self.whole)

    def open_whole(self) -> None:
        """By each member, told whole."""
        open_roster(self.whole, self._trust, system_clock(), self._settings)

    def open_told(self) -> None:
        """By each member, told what is different."""
        statement = followed(self.base, read_difference(self.told))
        open_roster(statement, self._trust, system_clock(), self._settings)

    def figures(self, members: int) -> dict[str, object]:
        """Bytes to each member, and milliseconds of a processor."""
        epoch = new_epoch(2)
        return {
            "members": members,
            "whole_bytes": len(encode_talk(Turn(self.whole, epoch))),
            "difference_bytes": len(encode_talk(Turn(b"", epoch, change=self.told))),
            "owner_signs_ms": _each_ms(self.sign),
            "owner_finds_difference_ms": _each_ms(self.find),
            "member_opens_whole_ms": _each_ms(self.open_whole),
            "member_opens_difference_ms": _each_ms(self.open_told),
        }


def _each_ms(do: Callable[[], None]) -> float:
    begin = time.process_time()
    for _ in range(_ROUNDS):
        do()
    return round((time.process_time() - begin) / _ROUNDS * 1e3, 2)


def main(members: Sequence[int]) -> None:
    """A line for each number of members."""
    now = system_clock()
    root, root_key = new_root(_DOMAIN, 1000 * DAY_S, now)
    key, party = SigningKey.generate(), PartyId("owner", _DOMAIN)
    certificate = Issuer(root, root_key).issue(key.public, party, Role.AGENT, DAY_S, now)
    owner = Credentials(certificate, key, (SealingKey.generate(),), (root,))
    trust = TrustStore(TrustBundle(_DOMAIN, (root,)))
    for many in members:
        print(json.dumps(Change(many, owner, trust).figures(many)), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[100, 1000, 10_000])
    main(parser.parse_args().members)
