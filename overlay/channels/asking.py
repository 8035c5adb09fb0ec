"""Asking who may let others in: a channel's owner, and its deputies in turn while it is away."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.channels.talk import TOPIC, AskKey, Join, Talk, decode_talk, encode_talk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, NotPermitted, OverlayError, TimedOut, TooLarge
from overlay.naming.ids import PartyId


async def ask_in_turn(
    endpoint: Endpoint, parties: Sequence[PartyId], question: Join | AskKey
) -> tuple[PartyId, Talk]:
    """Who answered, and what. Raises what the owner, who is the first, answered: NotPermitted, TooLarge; else
    what asking the last one raised, with what to do.
    """
    others = [party for party in parties if party != endpoint.me]
    if not others:
        raise NotFound(f"nobody but we may let others in to {question.channel}")
    talk = encode_talk(question)
    for party in others[:-1]:
        try:
            wait_s = endpoint.settings.channel_deputy_wait_s
            answer = await endpoint.ask(party, talk, topic=TOPIC, timeout_s=wait_s)
            return party, decode_talk(answer.body)
        except (NotPermitted, TooLarge):
            if party == parties[0]:
                raise
        except OverlayError:  # away, or no deputy any more: the next one
            endpoint.counters["channel-asked-another"] += 1
    return others[-1], await _ask_last(endpoint, others, question.channel, talk)


async def _ask_last(endpoint: Endpoint, others: Sequence[PartyId], channel: str, talk: bytes) -> Talk:
    try:
        return decode_talk((await endpoint.ask(others[-1], talk, topic=TOPIC)).body)
    except TimedOut as error:
        raise TimedOut(
            f"{error}: who owns {channel}, or a deputy, lets others in, and has to be there (overlay channel "
            f"listen {channel} --as {others[0].name})"
        ) from error
