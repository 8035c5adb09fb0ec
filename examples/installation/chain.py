"""The chain of a service installation: what follows what; who does it is found by skill. Pure."""

from __future__ import annotations

from examples.installation.words import DOMAINS
from overlay.chains.chain import Chain, Step, Undo
from overlay.chains.writing import ended, group, of, rounds

_ORDER = of("input", "order")
_PLAN = of("allocate")

# What was free when the path was planned may be taken when it is to be allocated: then another path.
_PLAN_IT = rounds(
    "plan",
    Step("path", "installation.orchestration.path", input={"order": _ORDER, "intent": of("intent")}),
    Step(
        "allocate",
        "installation.allocation.allocate",
        after=("path",),
        input={"order": _ORDER, "intent": of("intent"), "path": of("path")},
        on_failure="continue",
        compensate=Undo("installation.allocation.release", input={"plan": _PLAN}, agent="any"),
    ),
    after=("intent",),
    until=ended("allocate", "done"),
    most=3,
)

# The agents of all configuration domains at once, each with the elements that are its own.
_CONFIGURE = group(
    "configure",
    *(
        Step(
            f"configure-{domain}",
            f"installation.configuration.{domain}.apply",
            input={"plan": _PLAN},
            compensate=Undo(f"installation.configuration.{domain}.undo", input={"plan": _PLAN}, agent="any"),
        )
        for domain in DOMAINS
    ),
    after=("plan",),
    on_failure="compensate",
)

CHAIN = Chain(
    "service-installation",
    (
        Step("intent", "installation.intent.recognise", input=of("input")),
        _PLAN_IT,
        _CONFIGURE,
        Step(
            "visit",  # while the network is being configured
            "installation.scheduling.install",
            after=("plan",),
            input={"order": _ORDER, "street": of("intent", "street"), "why": "installation"},
            scopes=("contact", "preferences"),
            grants=("customer",),
            on_failure="compensate",
            compensate=Undo("installation.scheduling.cancel", agent="any"),
        ),
        Step(
            "validate",
            "installation.validation.validate",
            after=("configure",),
            input={"plan": _PLAN},
            on_failure="compensate",
        ),
        Step(
            "test",
            "installation.testing.end-to-end",
            after=("validate", "visit"),
            input={"order": _ORDER},
            retry=1,
            on_failure="compensate",
        ),
        Step("monitor", "installation.scheduling.monitor", after=("test",), input={"order": _ORDER}),
        Step(
            "follow-up",
            "installation.assistant.follow-up",
            after=("monitor",),
            input={
                "order": _ORDER,
                "intent": of("intent"),
                "validated": of("validate"),
                "visit": of("visit"),
                "tested": of("test"),
                "watched": of("monitor"),
            },
            scopes=("contact",),
            grants=("customer",),
        ),
    ),
    about="From a customer's wish to a service that works: plan, allocate, configure, validate, test, watch.",
)
