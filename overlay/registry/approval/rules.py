"""The operator's policy on registrations, as the store holds it (REG-11). Pure."""

from __future__ import annotations

import logging

from overlay.errors import BadSettings, Unavailable
from overlay.registry.approval.policy import RegistrationPolicy, parse_policy
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import APPROVAL, key

RULES_KEY = key(APPROVAL, "policy")
_log = logging.getLogger("overlay.registry")
_FREE = RegistrationPolicy()


class Rules:
    """What counts now. A policy that cannot be used permits nothing: newer registries may write others."""

    def __init__(self) -> None:
        self.text = ""
        """As the operator wrote it; empty: there is none."""
        self._policy: RegistrationPolicy | None = _FREE

    def take(self, entry: Entry) -> None:
        """From the store."""
        self.text = "" if entry.value is None else entry.value.decode(errors="replace")
        try:
            self._policy = parse_policy(self.text) if self.text else _FREE
        except BadSettings as error:
            self._policy = None
            _log.error("the registry takes no entries: its policy is wrong: %s", error)

    def current(self) -> RegistrationPolicy:
        """Raises Unavailable, for agents to read."""
        if self._policy is None:
            raise Unavailable(
                "policy: the registry's policy cannot be used, so it takes no entries. Its operator finds "
                "out why with `overlay registry policy`; then register again"
            )
        return self._policy
