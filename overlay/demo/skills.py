"""Skills and topics by which the thirteen find each other. Pure."""

from __future__ import annotations

from overlay.demo.readings import Source

INTENT = "intent.recognise"
CASE = "case.lead"
CUSTOMER_SAY = "customer.say"
CUSTOMER_ANSWER = "customer.answer"
CUSTOMER_TRY = "customer.try"
FOLLOW_UP = "customer.follow-up"
CLARIFY = "knowledge.clarify"
GUIDE = "knowledge.guide"
ADVISE = "knowledge.advise"
PREPROCESS = "preprocessing.collect"
ANALYSE = "analysis.root-cause"
ALLOCATE = "orchestration.allocate"
CONFIGURE = "configuration.apply"
REPAIR = "fault.repair"
TEST = "testing.end-to-end"
DISPATCH = "scheduling.dispatch"
WATCH = "scheduling.watch"

COLLECT = {
    Source.DEVICE: "collection.device",
    Source.ALARM: "collection.alarm",
    Source.NETWORK: "collection.network",
    Source.HOME: "perception.collect",
    Source.CUSTOMER: GUIDE,
}
"""Who is asked for readings of each source."""

QUALITY = "quality.line"
"""Topic: how lines are after their repair."""
