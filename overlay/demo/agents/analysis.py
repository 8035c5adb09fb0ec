"""Single-domain root-cause analysis: works on what there is, and says what is missing."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk
from overlay.demo.diagnosis import judge
from overlay.demo.letters import Evidence, Verdict


class Analysis:
    """Bayes over what experts say of each cause."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.serves(skills.ANALYSE, Evidence, self.analyse)

    async def analyse(self, ticket: str, evidence: Evidence) -> Verdict:
        """The most likely cause so far."""
        verdict = judge(evidence.kind, evidence.values, evidence.asked)
        missing = f"; not enough, wants {', '.join(verdict.missing)}" if verdict.missing else ""
        self._desk.says(ticket, f"most likely {verdict.cause} ({verdict.probability:.0%}){missing}")
        return verdict
