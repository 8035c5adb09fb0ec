"""A message-broker-based overlay network for AI agents. Names are imported when they are first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overlay.agent.agent import Agent
    from overlay.agent.star import Star, StarMember
    from overlay.endpoint.message import Message
    from overlay.errors import OverlayError
    from overlay.naming.ids import PartyId
    from overlay.naming.subjects import Priority
    from overlay.registry.record import Profile, Skill

__all__ = [
    "Agent",
    "Message",
    "OverlayError",
    "PartyId",
    "Priority",
    "Profile",
    "Skill",
    "Star",
    "StarMember",
]
_HOMES = {
    "Agent": "overlay.agent.agent",
    "Message": "overlay.endpoint.message",
    "OverlayError": "overlay.errors",
    "PartyId": "overlay.naming.ids",
    "Priority": "overlay.naming.subjects",
    "Profile": "overlay.registry.record",
    "Skill": "overlay.registry.record",
    "Star": "overlay.agent.star",
    "StarMember": "overlay.agent.star",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'overlay' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
