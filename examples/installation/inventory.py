"""The simulated network: its elements, what is free in it, and what its elements really hold."""

from __future__ import annotations

from typing import Any

import msgspec

from examples.broadband.plant import Change, Plant
from examples.broadband.staff import Place
from examples.installation.planning import CORE, data_of, hops
from examples.installation.words import DOMAINS, Allocation, Plan
from overlay.errors import Refused

LINKS = {
    ("olt-1", "agg-1"): 10_000,
    ("olt-2", "agg-1"): 1_000,
    ("olt-2", "agg-2"): 10_000,
    ("olt-3", "agg-2"): 10_000,
    ("agg-1", "agg-3"): 10_000,
    ("agg-2", "agg-3"): 2_500,
    ("agg-1", CORE): 2_500,
    ("agg-3", CORE): 10_000,
}
_PORTS = 4
_FIRST_VLAN = 100
_PLACES: dict[str, Place] = {
    "oak": (-8, 3), "elm": (-5, 7), "mill": (6, -10), "lake": (11, -2), "hill": (2, 15)
}  # fmt: skip
SLIPS, NO_FIBRE_IN_HOUSE = 0.25, 0.15
"""How often an element loses something, and a house has no fibre."""


class Inventory:
    """Of a plant. Agents see what it answers; `faults` is for the judge."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def free(self) -> dict[tuple[str, str], int]:
        """How much each link can still carry."""
        with self._plant.change() as change:
            used = change.get("links")
        return {link: mbps - used.get("/".join(link), 0) for link, mbps in LINKS.items()}

    def allocate(self, key: str, wanted: Allocation) -> Plan:
        """A port, a VLAN, an address, and room on the path: all, or nothing. Once under this key. Raises
        Refused when something is not free.
        """
        with self._plant.change() as change:
            made = change.happened(key)
            if made is not None:
                return msgspec.json.decode(made, type=Plan)
            plan = _take(change, wanted)
            change.put(f"plan/{plan.order}", msgspec.to_builtins(plan))
            change.note(key, "allocated", plan.order, msgspec.json.encode(plan).decode())
        return plan

    def release(self, key: str, plan: Plan) -> None:
        """Give all of it back."""
        with self._plant.change() as change:
            if change.happened(key) is None:
                _give_back(change, plan)
                change.note(key, "released", plan.order)

    def apply(self, key: str, order: str, element: str, data: dict[str, Any]) -> None:
        """Configure an element, once under this key. Now and then one loses something of the first data."""
        with self._plant.change() as change:
            if change.happened(key) is not None:
                return
            name = f"element/{element}/{order}"
            held = dict(data)
            if not change.get(name) and self._plant.draw(order, "slips", element) < SLIPS:
                del held[next(iter(held))]
            change.put(name, held | {"": True})
            change.note(key, "configured", order, element)

    def clear(self, key: str, order: str, element: str) -> None:
        """Take an order's data out of an element."""
        with self._plant.change() as change:
            if change.happened(key) is None:
                change.put(f"element/{element}/{order}", {})
                change.note(key, "cleared", order, element)

    def status(self, order: str, element: str) -> dict[str, Any]:
        """What an element holds for an order."""
        with self._plant.change() as change:
            held = change.get(f"element/{element}/{order}")
        return {name: value for name, value in held.items() if name}

    def mount(self, key: str, order: str) -> None:
        """An engineer mounts the customer's device. Raises Refused where no fibre comes into the house."""
        if self._plant.draw(order, "fibre") < NO_FIBRE_IN_HOUSE:
            raise Refused("no fibre comes into the house")
        with self._plant.change() as change:
            if change.happened(key) is None:
                change.put(f"mounted/{order}", {"yes": True})
                change.note(key, "mounted", order)

    def works(self, order: str) -> bool:
        """Whether the service really works: by what the elements hold, whatever agents say."""
        with self._plant.change() as change:
            plan, mounted = change.get(f"plan/{order}"), change.get(f"mounted/{order}")
        if not (plan and mounted):
            return False
        held = msgspec.convert(plan, Plan)
        return all(
            self.status(order, element) == data
            for domain in DOMAINS
            for element, data in data_of(domain, held).items()
        )

    def place(self, street: str) -> Place:
        """Where it is."""
        return _PLACES[street]


def _take(change: Change, wanted: Allocation) -> Plan:
    order, path = wanted.order, wanted.path
    used = change.get("links")
    for link in hops(path.elements):
        name = "/".join(link if link in LINKS else link[::-1])
        used[name] = used.get(name, 0) + path.mbps
        if used[name] > LINKS.get(link, LINKS.get(link[::-1], 0)):
            raise Refused(f"the link {name} is full")
    node = path.elements[0]
    ports = change.get(f"ports/{node}")
    port = next((port for port in range(1, _PORTS + 1) if str(port) not in ports), None)
    if port is None:
        raise Refused(f"no port of {node} is free")
    vlans = change.get("vlans")
    vlan = next(vlan for vlan in range(_FIRST_VLAN, 4095) if str(vlan) not in vlans)
    change.put("links", used)
    change.put(f"ports/{node}", ports | {str(port): order})
    change.put("vlans", vlans | {str(vlan): order})
    address = f"192.0.2.{vlan - _FIRST_VLAN + 1}"
    told = f"port {port} of {node}, VLAN {vlan}, {address}"
    return Plan(order, path.mbps, wanted.intent.telephone, path.elements, port, vlan, address, told)


def _give_back(change: Change, plan: Plan) -> None:
    used = change.get("links")
    for link in hops(plan.elements):
        used["/".join(link if link in LINKS else link[::-1])] -= plan.mbps
    change.put("links", used)
    for name, number in ((f"ports/{plan.elements[0]}", plan.port), ("vlans", plan.vlan)):
        taken = change.get(name)
        taken.pop(str(number), None)
        change.put(name, taken)
    change.put(f"plan/{plan.order}", {})
