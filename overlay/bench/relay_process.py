"""The program of one process of a relay measurement: a sender, a receiver, or the bare relay between them.

It is given its `Job` as JSON on the command line, and then commands, one a line: `run SECONDS WINDOW` to a
sender, `report` to a receiver. It answers each with a line of JSON, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from overlay.agent.running import run_as_program
from overlay.bench.obeying import obey
from overlay.bench.relay_bare import bare_relay, bare_send, bare_take
from overlay.bench.relay_jobs import Job, Role, Side
from overlay.bench.relay_overlay import overlay_send, overlay_take
from overlay.bench.relay_pump import Pump
from overlay.bench.relay_tally import Arrived, Tally


async def _work(job: Job) -> None:
    arrived = Arrived(Path(job.arrived))
    ours = job.side is Side.OVERLAY
    if job.role is Role.SEND:
        async with (overlay_send if ours else bare_send)(job) as send:
            pump = Pump(send, arrived, job.size, job.at_once)
            await obey(lambda words: pump.run(float(words[1]), int(words[2])))
    elif job.role is Role.TAKE:
        tally = Tally(arrived)
        async with (overlay_take if ours else bare_take)(job, tally.take):
            await obey(lambda _: _done(tally.report()))
    else:
        async with bare_relay(job):
            await obey(lambda _: _done(None))


async def _done(answer: object) -> object:
    return answer


if __name__ == "__main__":
    run_as_program(_work(msgspec.json.decode(sys.argv[1], type=Job)))
