"""What a measurement says (design §7: scripts rely on these names). Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

_OF_A_BASELINE = ("baseline_per_s", "baseline_latency_us", "ratio")


@dataclass(slots=True)
class Load:
    """What one closed loop did. Latencies in seconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    sent: int = 0
    received: int = 0
    errors: int = 0

    def add(self, other: Load) -> None:
        """Another slice of the same measurement."""
        self.latencies += other.latencies
        self.seconds += other.seconds
        self.sent += other.sent
        self.received += other.received
        self.errors += other.errors

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.received / self.seconds if self.seconds else 0.0


def percentiles(latencies: list[float]) -> dict[str, float]:
    """p50, p99 and p999 in microseconds."""
    ordered = sorted(latencies)
    if not ordered:
        return {"p50": 0.0, "p99": 0.0, "p999": 0.0}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e6, 1)

    return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999)}


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario, measured."""

    scenario: str
    parameters: dict[str, object]
    rate_per_s: float
    latency_us: dict[str, float]
    sent: int
    received: int
    lost: int
    duplicates: int
    misordered: int
    errors: int
    baseline_per_s: float | None = None
    """None where nothing is measured beside it, and then there are no other figures of it."""
    baseline_latency_us: dict[str, float] = field(default_factory=dict)
    ratio: float | None = None
    stages: dict[str, dict[str, object]] = field(default_factory=dict)
    """Of scenarios that have several: each with figures of its own."""

    def as_dict(self) -> dict[str, object]:
        """For scripts; without a baseline where there is none."""
        left_out = _OF_A_BASELINE if self.baseline_per_s is None else ()
        return {name: value for name, value in asdict(self).items() if name not in left_out}


def result(
    scenario: str,
    parameters: dict[str, object],
    load: Load,
    baseline: Load | None = None,
    stages: dict[str, dict[str, object]] | None = None,
) -> Result:
    """From what both loops did."""
    found = Result(
        scenario=scenario,
        parameters=parameters,
        rate_per_s=round(load.rate, 1),
        latency_us=percentiles(load.latencies),
        sent=load.sent,
        received=load.received,
        lost=load.sent - load.received - load.errors,
        duplicates=0,
        misordered=0,
        errors=load.errors,
        stages=stages or {},
    )
    if baseline is None:
        return found
    return replace(
        found,
        baseline_per_s=round(baseline.rate, 1),
        baseline_latency_us=percentiles(baseline.latencies),
        ratio=round(load.rate / baseline.rate, 3) if baseline.rate else 0.0,
    )
