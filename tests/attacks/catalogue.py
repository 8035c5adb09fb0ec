"""The attacks on a domain: what the attacker tries, and where it is shown that it is refused. Pure."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.rows_border import BORDER
from tests.attacks.rows_broker import BROKER
from tests.attacks.rows_carriers import CARRIERS
from tests.attacks.rows_chains import CHAINS
from tests.attacks.rows_channels import CHANNELS
from tests.attacks.rows_content import CONTENT
from tests.attacks.rows_description import DESCRIPTION
from tests.attacks.rows_discovery import DISCOVERY
from tests.attacks.rows_enrolment import ENROLMENT
from tests.attacks.rows_far import FAR
from tests.attacks.rows_identity import IDENTITY
from tests.attacks.rows_message import MESSAGE
from tests.attacks.rows_peers import PEERS
from tests.attacks.rows_registry import REGISTRY
from tests.attacks.rows_sessions import SESSIONS
from tests.attacks.rows_tasks import TASKS

SECTIONS: dict[str, tuple[Attack, ...]] = {
    "At the broker: speaking, reading, keeping": BROKER,
    "Who one is: certificates and what they sign": IDENTITY,
    "What agents say of themselves": DESCRIPTION,
    "Finding, and being found": DISCOVERY,
    "Entering the registry, and what it keeps": REGISTRY,
    "The CA: requests, tokens, applications, orders": ENROLMENT,
    "Messages and those who receive them": MESSAGE,
    "Between domains": BORDER,
    "In channels": CHANNELS,
    "On tasks": TASKS,
    "In sessions": SESSIONS,
    "By chains": CHAINS,
    "Files, and contexts of tasks": CONTENT,
    "Over HTTP, and in live streams": CARRIERS,
    "Domains that are no peers, and the way inside": FAR,
    "Gateways and channels: without end, without sense": PEERS,
}
ATTACKS = tuple(attack for section in SECTIONS.values() for attack in section)
