"""A policy to begin with: `overlay ca policy --example` prints it, docs/ca.md explains it. Pure."""

from __future__ import annotations

EXAMPLE = """\
# Organisations that are not named below: "refuse", or "hold" for an administrator.
unknown = "hold"
# Who decides about the others: "automatic", or "administrator".
approve = "automatic"
# No agent's certificate lasts longer, nor longer than agent_certificate_days.
days = 90
# The overlay's certificates hold P-256 keys and no others.
allowed_key_types = ["P-256"]

# Function types, and the scopes that each may have.
[functions.diagnosis]
scopes = ["network.read", "network.test"]

[functions.repair]
scopes = ["network"]
approve = "administrator"
days = 30

[organisations."Acme Networks"]
# An agent of Acme has to claim one of these.
qualifications = ["TKG licence 4711"]
functions = ["diagnosis", "repair"]
scopes = ["network.read", "network.test", "network.configure"]
skills = ["network"]

# Agents that name no organisation: this domain's own, such as `overlay agent listen NAME` makes.
[organisations.""]
skills = ["text", "network"]
days = 7
"""
