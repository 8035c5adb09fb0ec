"""The thirteen of a fault diagnosis: in which organisation each works, and what it may do."""

from __future__ import annotations

from examples.broadband.cast import FIELD, NETWORK, RETAIL, Role
from examples.broadband.master import master_control
from examples.diagnosis.asking import knowledge_qa, perception_data_collection
from examples.diagnosis.chain import CHAIN
from examples.diagnosis.collecting import data_collection, preprocessing, root_cause_analysis
from examples.diagnosis.customer import assistant, intent_recognition
from examples.diagnosis.mending import domain_configuration, fault_handling, resource_allocation
from examples.diagnosis.visiting import end_to_end_testing, scheduling

LEAD = "diagnosis.master.lead"

CAST = (
    Role("personal-assistant", RETAIL, "diagnosis.assistant", assistant),
    Role("intent-recognition", RETAIL, "diagnosis.intent", intent_recognition),
    Role("master-control", RETAIL, "diagnosis.master", master_control(LEAD, CHAIN)),
    Role("knowledge-qa", RETAIL, "diagnosis.knowledge", knowledge_qa),
    Role("perception", RETAIL, "diagnosis.perception", perception_data_collection),
    Role("preprocessing", NETWORK, "diagnosis.preprocessing", preprocessing),
    Role("root-cause-analysis", NETWORK, "diagnosis.analysis", root_cause_analysis),
    Role("data-collection", NETWORK, "diagnosis.collection", data_collection),
    Role("resource-allocation", NETWORK, "diagnosis.allocation", resource_allocation),
    Role("configuration", NETWORK, "diagnosis.configuration", domain_configuration),
    Role("fault-handling", NETWORK, "diagnosis.handling", fault_handling),
    Role("end-to-end-testing", NETWORK, "diagnosis.testing", end_to_end_testing),
    Role("scheduling", FIELD, "diagnosis.scheduling", scheduling),
)
