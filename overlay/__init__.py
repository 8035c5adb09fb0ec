"""A message-broker-based overlay network for AI agents."""

from overlay.agent.agent import Agent
from overlay.endpoint.message import Message
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.registry.record import Profile, Skill

__all__ = ["Agent", "Message", "OverlayError", "PartyId", "Priority", "Profile", "Skill"]
