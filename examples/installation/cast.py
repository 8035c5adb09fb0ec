"""The thirteen of a service installation: in which organisation each works, and what it may do."""

from __future__ import annotations

from examples.broadband.cast import FIELD, NETWORK, RETAIL, Role
from examples.broadband.master import master_control
from examples.installation.chain import CHAIN
from examples.installation.configuring import configuration
from examples.installation.customer import intent_recognition, personal_assistant
from examples.installation.field import scheduling
from examples.installation.planners import resource_allocation, service_orchestration
from examples.installation.validating import end_to_end_testing, service_validation
from examples.installation.words import DOMAINS

LEAD = "installation.master.lead"

CAST = (
    Role("personal-assistant", RETAIL, "installation.assistant", personal_assistant),
    Role("intent-recognition", RETAIL, "installation.intent", intent_recognition),
    Role("master-control", RETAIL, "installation.master", master_control(LEAD, CHAIN)),
    Role("service-orchestration", NETWORK, "installation.orchestration", service_orchestration),
    Role("resource-allocation", NETWORK, "installation.allocation", resource_allocation),
    *(
        Role(f"configuration-{one}", NETWORK, f"installation.configuration.{one}", configuration(one))
        for one in DOMAINS
    ),
    Role("service-validation", NETWORK, "installation.validation", service_validation),
    Role("end-to-end-testing", NETWORK, "installation.testing", end_to_end_testing),
    Role("scheduling", FIELD, "installation.scheduling", scheduling),
)
