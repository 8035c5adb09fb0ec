"""What is wrong with a chain, all of it at once and in words, before anything of it starts (AG-4). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from overlay.chains.chain import INPUT, Chain, Condition, Step, Undo
from overlay.chains.conditions import check_condition, conjuncts, terms
from overlay.chains.document import DEEPEST, depth, encode_chain
from overlay.chains.layout import Layout, Place, children, cycle
from overlay.chains.values import Reference, references
from overlay.errors import BadInput, BadName
from overlay.naming.ids import PartyId, check_name, check_skill
from overlay.settings import Settings

_OF_TASKS = ("agent", "input", "scopes", "grants", "deadline_s", "retry", "others", "compensate")


def check_chain(chain: Chain, settings: Settings) -> None:
    """Raises BadInput with all that is wrong, a line each. Whether somebody offers the skills, is asked when
    it starts (`run_chain`).
    """
    found = faults(chain, settings)
    if found:
        raise BadInput(f"the chain {chain.name!r} cannot be run:\n" + "\n".join(f"  {one}" for one in found))


def faults(chain: Chain, settings: Settings) -> list[str]:
    """What is wrong, in words; empty: nothing."""
    too_big = list(_size(chain, settings))
    if too_big:
        return too_big
    layout = Layout.of(chain)
    found = [*_chain_itself(chain, settings), *_limits(layout, settings)]
    found += [f"two steps are called {one!r}: names are unique in the whole chain" for one in layout.doubles]
    for place in layout.every:
        found += [f"step {place.step.id!r}: {one}" for one in _step(place, layout, settings)]
    for group in (None, *(place.step for place in layout.places.values() if place.step.steps)):
        circle = cycle(group.steps if group else chain.steps)
        if circle:
            found.append(f"these wait for each other: {' -> '.join(circle)}")
    found += [f"output: {one}" for one in _references(chain.output, None, layout)]
    return found


def _size(chain: Chain, settings: Settings) -> Iterator[str]:
    try:
        document = encode_chain(chain)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        yield f"it cannot be written as JSON: {error}"
        return
    if len(document) > settings.chain_bytes:
        yield f"it has {len(document)} bytes of JSON, more than {settings.chain_bytes} (chain_bytes)"
    elif depth(document) > DEEPEST:
        yield f"it is nested deeper than {DEEPEST} brackets"


def _chain_itself(chain: Chain, settings: Settings) -> Iterator[str]:
    try:
        check_name(chain.name)
    except BadName as error:
        yield str(error)
    if not chain.steps:
        yield "it has no steps"
    if not _is_time(chain.deadline_s):
        yield "deadline_s is a number of seconds from 0 on"
    if not 0 <= chain.parallel <= settings.chain_parallel:
        yield f"parallel is from 0 to {settings.chain_parallel} (chain_parallel)"


def _limits(layout: Layout, settings: Settings) -> Iterator[str]:
    count = len(layout.every)
    if count > settings.chain_steps:
        yield f"it has {count} steps, more than {settings.chain_steps} (chain_steps)"
    deepest = max((len(place.around) for place in layout.every), default=0)
    if deepest > settings.chain_depth:
        yield f"it has groups in groups {deepest} deep, more than {settings.chain_depth} (chain_depth)"
    tasks = sum(_worst(place) for place in layout.leaves)
    if tasks > settings.chain_tasks:
        yield f"it may start {tasks} tasks at worst, more than {settings.chain_tasks} (chain_tasks)"


def _worst(place: Place) -> int:
    step, times = place.step, 1
    for one in place.around:
        times *= max(1, one.repeat.rounds) if one.repeat else 1
    undo = 1 + step.compensate.retry if step.compensate else 0
    return times * (1 + max(0, step.retry) + max(0, step.others) + max(0, undo))


def _step(place: Place, layout: Layout, settings: Settings) -> Iterator[str]:
    step = place.step
    yield from _names(step)
    yield from _kind(place)
    yield from _numbers(step, settings)
    for one in step.after:
        if one not in layout.places:
            yield f"it waits for {one!r}, and there is no such step"
        elif layout.places[one].around != place.around:
            yield f"it waits for {one!r}, which is not in the same group: wait for the group it is in"
    if step.when is not None:
        yield from _condition("when", step.when, step, layout, settings, inside=False)
    if step.repeat is not None:
        yield from _condition("until", step.repeat.until, step, layout, settings, inside=True)
    yield from _references(step.input, step, layout)
    if step.compensate is not None:
        yield from _undo(step.compensate, step, layout, settings)


def _names(step: Step) -> Iterator[str]:
    try:
        check_name(step.id)
        for name in (*([step.skill] if step.skill else ()), *step.scopes):
            check_skill(name)
        if step.agent:
            PartyId.parse(step.agent)
    except BadName as error:
        yield str(error)
    if step.id == INPUT:
        yield f"{INPUT!r} is what references call the chain's input: give it another name"


def _kind(place: Place) -> Iterator[str]:
    step = place.step
    if sum((bool(step.skill), bool(step.either), bool(step.steps))) != 1:
        yield "it has exactly one of: skill, either, steps (not empty)"
    if children(step):
        said = [name for name in _OF_TASKS if getattr(step, name) not in (None, "", (), 0)]
        if said:
            yield f"{', '.join(said)} are said of single steps, not of a group or alternatives"
    if step.agent and step.others:
        yield "with `agent` nobody else does it: take `others` or `agent` away"
    if step.repeat is not None and not step.steps:
        yield "only a group (steps) is repeated"
    if step.order != "parallel" and not step.steps:
        yield "only a group (steps) has an order"
    if place.around and place.around[-1].either:
        if step.after:
            yield "alternatives are tried in their order, and wait for nothing else: take `after` away"
        if step.on_failure != "abort":
            yield f"when it fails, the next alternative is tried: say on_failure of {place.around[-1].id!r}"


def _numbers(step: Step, settings: Settings) -> Iterator[str]:
    if not (_is_time(step.deadline_s) and _is_time(step.pause_s)):
        yield "deadline_s and pause_s are numbers of seconds from 0 on"
    if step.retry < 0 or step.others < 0 or step.retry + step.others >= settings.chain_attempts:
        yield f"retry and others are from 0 on, together below {settings.chain_attempts} (chain_attempts)"
    if step.repeat is not None and step.repeat.rounds < 1:
        yield "rounds is a number from 1 on"


def _condition(
    word: str, condition: Condition, step: Step, layout: Layout, settings: Settings, *, inside: bool
) -> Iterator[str]:
    yield from (f"{word}: {one}" for one in check_condition(condition, settings))
    for term in terms(condition):
        name = term.step
        if name == INPUT:
            if term.state is not None:
                yield f"{word}: the chain's input does not end: compare it"
        elif name not in layout.places:
            yield f"{word}: there is no step {name!r}"
        elif inside and not layout.inside(name, step.id):
            yield f"{word}: {name!r} is not in this group, so another round does not change it"
        elif not inside and not layout.before(name, step.id):
            yield f"{word}: {name!r} is not always settled before it: wait for it (after)"
    for term in conjuncts(condition):
        if term.state == "failed" and term.step in layout.places:
            around = step if inside else layout.fork(term.step, step.id)[0]
            if not layout.failure_is_seen(term.step, around):
                yield (
                    f"{word}: it can never hold: when {term.step!r} fails, all around it ends "
                    f"(say on_failure=continue there)"
                )


def _references(template: object, step: Step | None, layout: Layout) -> Iterator[str]:
    try:
        found = list(references(template))
    except BadInput as error:
        yield f"input: {error}"
        return
    for one in found:
        place = layout.places.get(one.step)
        if one.step == INPUT:
            continue
        if place is None:
            yield f"input: there is no step {one.step!r}"
        elif one.rounds != "last" and not place.repeated:
            yield f"input: {one.step!r} is in no repeated group, so it has no rounds"
        elif one.rounds == "previous" and not _share_rounds(place, step, layout):
            yield f"input: {one.step!r} is not in the same repeated group: it has no previous round from here"
        elif (
            step is not None
            and not layout.before(one.step, step.id)
            and not _is_back(one, place, step, layout)
        ):
            yield f"input: {one.step!r} is not always settled before it: wait for it (after)"


def _share_rounds(place: Place, step: Step | None, layout: Layout) -> bool:
    return step is not None and bool(set(place.repeated) & set(layout.places[step.id].repeated))


def _is_back(one: Reference, place: Place, step: Step, layout: Layout) -> bool:
    if one.rounds == "all":
        return place.repeated[-1] in layout.places[step.id].repeated
    return one.rounds == "previous" and _share_rounds(place, step, layout)


def _undo(undo: Undo, step: Step, layout: Layout, settings: Settings) -> Iterator[str]:
    try:
        check_skill(undo.skill)
        if undo.agent not in ("", "any"):
            PartyId.parse(undo.agent)
    except BadName as error:
        yield f"compensate: {error}"
    if not 0 <= undo.retry < settings.chain_attempts:
        yield f"compensate: retry is from 0 on, below {settings.chain_attempts} (chain_attempts)"
    if not _is_time(undo.deadline_s):
        yield "compensate: deadline_s is a number of seconds from 0 on"
    try:
        others = [one for one in references(undo.input) if one.step != step.id]
    except BadInput as error:
        yield f"compensate: {error}"
        return
    for one in others:
        if one.step != INPUT and not layout.before(one.step, step.id):
            yield f"compensate: {one.step!r} is not always settled before {step.id!r}"


def _is_time(value: float) -> bool:
    return 0 <= value < math.inf
