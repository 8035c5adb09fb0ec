"""A message-broker-based overlay network for AI agents. Names are imported when they are first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overlay.agent.agent import Agent
    from overlay.agent.star import Star, StarMember
    from overlay.chains.chain import Chain, Step, Undo
    from overlay.chains.run import ChainRun
    from overlay.channels.channel import Channel
    from overlay.channels.message import ChannelMessage
    from overlay.content.file_ref import FileRef
    from overlay.context.context import Context
    from overlay.context.part import Part
    from overlay.endpoint.message import Message
    from overlay.errors import OverlayError
    from overlay.naming.ids import PartyId
    from overlay.naming.subjects import Priority
    from overlay.quality.quality import Quality
    from overlay.registry.record import Profile, Skill
    from overlay.sessions.session import Session
    from overlay.tasks.result import TaskResult
    from overlay.tasks.retry import Retry
    from overlay.tasks.run import TaskRun
    from overlay.tasks.task import Task

__all__ = [
    "Agent",
    "Chain",
    "ChainRun",
    "Channel",
    "ChannelMessage",
    "Context",
    "FileRef",
    "Message",
    "OverlayError",
    "Part",
    "PartyId",
    "Priority",
    "Profile",
    "Quality",
    "Retry",
    "Session",
    "Skill",
    "Star",
    "StarMember",
    "Step",
    "Task",
    "TaskResult",
    "TaskRun",
    "Undo",
]
_HOMES = {
    "Agent": "overlay.agent.agent",
    "Chain": "overlay.chains.chain",
    "ChainRun": "overlay.chains.run",
    "Channel": "overlay.channels.channel",
    "ChannelMessage": "overlay.channels.message",
    "Context": "overlay.context.context",
    "FileRef": "overlay.content.file_ref",
    "Message": "overlay.endpoint.message",
    "OverlayError": "overlay.errors",
    "Part": "overlay.context.part",
    "PartyId": "overlay.naming.ids",
    "Priority": "overlay.naming.subjects",
    "Profile": "overlay.registry.record",
    "Quality": "overlay.quality.quality",
    "Retry": "overlay.tasks.retry",
    "Session": "overlay.sessions.session",
    "Skill": "overlay.registry.record",
    "Star": "overlay.agent.star",
    "StarMember": "overlay.agent.star",
    "Step": "overlay.chains.chain",
    "Task": "overlay.tasks.task",
    "TaskResult": "overlay.tasks.result",
    "TaskRun": "overlay.tasks.run",
    "Undo": "overlay.chains.chain",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'overlay' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
