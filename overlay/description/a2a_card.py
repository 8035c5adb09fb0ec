"""What agent cards of the A2A protocol and our descriptions have in common. Pure."""

from __future__ import annotations

from overlay.description.writing import LISTS

A2A = "a2a"
"""Interfaces of this protocol are `a2a/<version>/<binding>`."""
VERSIONS = ("1.0", "0.3", "0.2")
EXTENSION = "urn:agent-overlay:ad"
"""Of a card: what no card can say, in the terms of our own document."""
OVERLAY_BINDING = "OVERLAY"
CARRIED = (
    *("did", "identifier", "created", "owner", "location", "expectedLatencyMs", "interfaces"),
    *("securityDefinitions", "security", *LISTS),
)
"""Terms of the document that are put into the extension."""
MEDIA = {
    "text": "text/plain",
    "json": "application/json",
    "image": "image/*",
    "audio": "audio/*",
    "video": "video/*",
}
"""Modalities in our words; any other is a media type in both."""
