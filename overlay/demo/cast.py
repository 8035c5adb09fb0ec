"""The thirteen: in which organisation each works, and what its certificate permits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from overlay.demo.agents.analysis import Analysis
from overlay.demo.agents.assistant import Assistant
from overlay.demo.agents.collection import Collection
from overlay.demo.agents.configuration import Configuration
from overlay.demo.agents.handling import Handling
from overlay.demo.agents.intent import IntentRecognition
from overlay.demo.agents.knowledge import Knowledge
from overlay.demo.agents.master import Master
from overlay.demo.agents.orchestration import Orchestration
from overlay.demo.agents.perception import Perception
from overlay.demo.agents.preprocessing import Preprocessing
from overlay.demo.agents.scheduling import Scheduling
from overlay.demo.agents.testing import Testing
from overlay.demo.desk import Desk
from overlay.demo.network import Network
from overlay.demo.story import Story
from overlay.demo.tally import Tally
from overlay.demo.wire import Wire
from overlay.settings import Settings

RETAIL = "retail.example"
NETWORK = "network.example"
DOMAINS = (RETAIL, NETWORK)


@dataclass(frozen=True, slots=True)
class Role:
    """One of the thirteen. Every skill it serves is below `skill`."""

    name: str
    domain: str
    skill: str


ROLES = (
    Role("assistant", RETAIL, "customer"),
    Role("intent", RETAIL, "intent"),
    Role("master", RETAIL, "case"),
    Role("knowledge", RETAIL, "knowledge"),
    Role("perception", RETAIL, "perception"),
    Role("preprocessing", NETWORK, "preprocessing"),
    Role("analysis", NETWORK, "analysis"),
    Role("collection", NETWORK, "collection"),
    Role("orchestration", NETWORK, "orchestration"),
    Role("configuration", NETWORK, "configuration"),
    Role("handling", NETWORK, "fault"),
    Role("testing", NETWORK, "testing"),
    Role("scheduling", NETWORK, "scheduling"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """All thirteen at their desks; connections are opened by whoever made the wires."""

    assistant: Assistant
    network: Network
    tally: Tally


def set_stage(wire_of: Callable[[str], Wire], seed: int, story: Story, settings: Settings) -> Stage:
    """Give everybody a desk at their wire."""
    tally, network = Tally(), Network(seed)

    def desk(name: str) -> Desk:
        return Desk(name, wire_of(name), tally, story, settings.demo_ask_s)

    IntentRecognition(desk("intent"))
    Master(desk("master"), settings.demo_rounds, settings.demo_ask_s)
    Knowledge(desk("knowledge"))
    Perception(desk("perception"), network)
    Preprocessing(desk("preprocessing"))
    Analysis(desk("analysis"))
    Collection(desk("collection"), network)
    Orchestration(desk("orchestration"), network)
    Configuration(desk("configuration"), network)
    Handling(desk("handling"))
    Testing(desk("testing"), network)
    Scheduling(desk("scheduling"), network)
    return Stage(Assistant(desk("assistant"), network, settings.demo_case_s), network, tally)
