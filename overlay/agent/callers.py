"""Who may call an agent, as its program and its folder say (GW-17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from overlay.description.enforcement import access_of, publishes_rules
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, BadSettings
from overlay.naming.topics import check_about
from overlay.policy.access import AccessPolicy, allowing, check_policy, encode_policy, with_allowed
from overlay.policy.files import ACCESS_FILE, parse_access
from overlay.policy.rule import Rule
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.text_file import read_text

Access = AccessPolicy | Path | Sequence[str | Rule]
"""A policy or its file, instead of `access.toml` in the agent's home; or who else may call besides those."""


class Callers:
    """The access policy in the making: complete when the agent enters its block."""

    def __init__(self, home: Path, access: Access) -> None:
        self._home = home
        self._access = access
        self._rules: list[Rule] = []
        self._closed: list[str] = []
        self._lent: Rule | None = None
        self._published: AccessPolicy | None = None
        self._endpoint: Endpoint | None = None
        self._registry: RegistryClient | None = None
        self._announce: Callable[[], Awaitable[None]] | None = None

    def add(self, skill: str, allow: Sequence[str], *, closed: bool) -> None:
        """A skill or topic of its own: `allow` may use it too; if `closed`, only who is allowed. Raises
        BadSettings, BadName.
        """
        check_about(skill)
        if allow:
            self._rules.append(allowing(allow, skill=skill))
        if closed:
            self._closed.append(skill)

    def publish(self, profile: Profile) -> None:
        """What the agent says of itself says whom it lets in, too: then it lets in those and nobody else, and
        nothing but its description says so (REG-13). Raises BadSettings.
        """
        if not publishes_rules(profile):
            self._published = None
            return
        if self._access or self._rules or self._closed or (self._home / ACCESS_FILE).exists():
            raise BadSettings(
                f"the agent's description says who may call: leave out access, allow, closed and "
                f"{ACCESS_FILE}, or the `security` of the description"
            )
        try:
            self._published = access_of(profile)
        except BadInput as error:
            raise BadSettings(f"the agent's description cannot be enforced: {error}") from error

    def open(
        self,
        policy: AccessPolicy,
        endpoint: Endpoint,
        registry: RegistryClient,
        announce: Callable[[], Awaitable[None]],
    ) -> None:
        """The agent is here: its endpoint decides by `policy`, and registrations carry it to the gateway."""
        self._endpoint, self._registry, self._announce = endpoint, registry, announce
        endpoint.gate.policy, registry.access = policy, encode_policy(policy)

    async def lend(self, topic: str, origins: Sequence[str]) -> None:
        """From now on these may use a topic of the library's own, whoever else is let in, and by that nothing
        else; a rule that denies them still does. Gateways know it when this returns, or soon after. Raises
        BadSettings, Unavailable.
        """
        lent = allowing(sorted(set(origins)), skill=topic) if origins else None
        if lent == self._lent:
            return
        former, self._lent = self._lent, lent
        try:
            await self._reopen()
        except BadSettings:
            self._lent = former
            raise

    async def change(self, access: Access) -> None:
        """See `Agent.change_access`."""
        if self._published is not None:
            raise BadSettings("the agent's description says who may call: change it there, and enter again")
        former, self._access = self._access, access
        try:
            await self._reopen()
        except BadSettings:
            self._access = former
            raise

    async def _reopen(self) -> None:
        policy = self.policy()
        if self._endpoint is None or self._registry is None or self._announce is None:
            return
        self._endpoint.gate.policy, self._registry.access = policy, encode_policy(policy)
        await self._announce()

    def policy(self) -> AccessPolicy:
        """Reads the file, if there is one. Raises BadSettings."""
        lent = (self._lent,) if self._lent else ()
        if self._published is not None:
            return with_allowed(self._published, *lent)
        base, more = self._base()
        closed = tuple(dict.fromkeys((*base.closed, *self._closed)))
        return with_allowed(msgspec.structs.replace(base, closed=closed), *more, *self._rules, *lent)

    def _base(self) -> tuple[AccessPolicy, list[Rule]]:
        access = self._access
        if isinstance(access, AccessPolicy):
            return check_policy(access), []
        if isinstance(access, Path):
            return read_access(access), []
        if isinstance(access, str):
            raise BadSettings(f"access={access!r}: give a list of who may call, or Path({access!r})")
        file = self._home / ACCESS_FILE
        base = read_access(file) if file.exists() else AccessPolicy()
        named = [one for one in access if isinstance(one, str)]
        rules = [one for one in access if isinstance(one, Rule)]
        return base, [*rules, *(allowing((one,)) for one in named)]


def read_access(file: Path) -> AccessPolicy:
    """Raises BadSettings."""
    return parse_access(read_text(file), str(file))
