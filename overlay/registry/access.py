"""Access policies as the registry keeps them, and the questions about them. Pure."""

from __future__ import annotations

import msgspec

from overlay.description.enforcement import access_of, publishes_rules
from overlay.errors import BadInput, TooLarge
from overlay.policy.access import AccessPolicy, decode_policy
from overlay.registry.record import Profile
from overlay.settings import Settings

NEVER_SAID = AccessPolicy()
"""Of an agent that registered without one."""


class AskAccess(msgspec.Struct, frozen=True):
    """Whom does this agent of ours (`name@domain`) let in?"""

    party: str


class Access(msgspec.Struct, frozen=True):
    """An access policy (`overlay.policy.access.encode_policy`); empty: it registered none."""

    policy: bytes


class Border(msgspec.Struct, frozen=True):
    """The domain's border policy (`overlay.policy.border.encode_border`); empty: none was set."""

    policy: bytes


class AttachedCount(msgspec.Struct, frozen=True):
    """A gateway says how many agents have access, and how many that are registered have none."""

    attached: int
    refused: int


def check_access(policy: bytes, settings: Settings) -> None:
    """Raises BadInput, TooLarge."""
    if len(policy) > settings.policy_bytes:
        raise TooLarge(
            f"an access policy of {len(policy)} bytes is over the limit of {settings.policy_bytes}"
        )
    read_access(policy)


def check_published(profile: Profile, policy: bytes) -> None:
    """Who publishes whom it lets in registers that very policy, by which its gateway goes (REG-13).

    Raises BadInput.
    """
    said = read_access(policy)
    lets_in = msgspec.structs.replace(said, takes_per_s=0.0, takes_at_once=0)
    if publishes_rules(profile) and lets_in != access_of(profile):
        raise BadInput(
            "security: the profile says who may call, and the access policy registered with it says otherwise"
        )


def read_access(policy: bytes) -> AccessPolicy:
    """As a record holds it. Raises BadInput."""
    return decode_policy(policy) if policy else NEVER_SAID
