"""`python -m examples.installation`: on a throw-away federation, told as it happens.

With a role, the folder of its agent, the plant's file, and the domains that give it work: that agent alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from examples.broadband.plant import Plant
from examples.installation.orders import INSTALLATION
from overlay.cli.demo import show
from overlay.cli.running import guarded
from overlay.demo.run import DemoPlan
from overlay.transport.address import BrokerKind


def main(arguments: list[str]) -> int:
    """The whole example, or one agent of it."""
    if arguments:
        name, home, plant, *access = arguments
        role = next(role for role in INSTALLATION.cast if role.name == name)
        role.agent(Path(home), Plant(Path(plant)), tuple(access)).run()
    show(DemoPlan([INSTALLATION], (BrokerKind.NATS,) * 2, seed=1))
    return 0


if __name__ == "__main__":
    guarded(lambda: main(sys.argv[1:]))
