"""Who is looked for, and how often. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class SearchSettings(BaseSettings):
    """Discovery: sizes of questions, how often they are asked, how much work one may make."""

    find_items: int = Field(8, ge=1, le=64, description="Items of each list of a discovery query")
    find_word: int = Field(200, ge=40, le=1000, description="Characters of a word of a discovery query")
    find_intent: int = Field(1000, ge=40, le=10000, description="Characters of an intent in plain language")
    find_scan: int = Field(
        2000,
        ge=100,
        le=100_000,
        description="Agents that one query looks at, one by one, for whether its asker may see them",
    )
    intent_floor: float = Field(
        0.18, ge=0, le=1, description="Who fits an intent less is not found by it (1 is a perfect fit)"
    )
    intent_within: float = Field(
        0.5, ge=0, le=1, description="Who fits an intent less than this share of the best is not found by it"
    )
    ask_best_floor: float = Field(
        0.2, ge=0, le=1, description="Who fits an intent less is not asked by `ask_best`"
    )
    ask_best_within: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Who fits an intent less than this share of the best is not asked in its place",
    )
    finds_per_minute: int = Field(
        600, ge=1, description="Discovery queries of one party in a minute (REG-10)"
    )
    finds_per_minute_organisation: int = Field(
        6000, ge=1, description="Discovery queries of all agents of one organisation in a minute (REG-10)"
    )
    intent_hits: int = Field(
        50, ge=10, le=1000, description="Agents that are weighed for each part of an intent"
    )
    resolves_per_minute: int = Field(
        60_000, ge=1, description="Agents that one party looks up by their IDs in a minute (REG-10)"
    )
    semantic_slice_s: float = Field(
        0.005,
        gt=0,
        le=1,
        description="For how long at a time the registry reads what agents say of themselves, before it "
        "answers others",
    )
