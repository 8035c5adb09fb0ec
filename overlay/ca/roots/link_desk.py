"""The gateway of a peer renews its certificate at our broker; our gateway passes its request on (CA-5)."""

from __future__ import annotations

from overlay.ca.authority import Authority
from overlay.ca.checks import key_bytes
from overlay.ca.entries import Certificate
from overlay.ca.protocol import Issued, Op
from overlay.ca.roots.protocol import RenewLink
from overlay.desk import Desk
from overlay.errors import Refused
from overlay.naming.ids import link_name
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import check_csr


class LinkDesk:
    """For domains that an operator let in, and for the key that was let in: nobody new comes in by this."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        desk.on(Op.LINK_RENEW, (Role.GATEWAY,), RenewLink, self._renew)

    async def _renew(self, sender: Identity, ask: RenewLink) -> Issued:
        authority = self._authority
        with authority.audited(sender.party, "link-renew", ask.domain):
            held = authority.store.valid_of(link_name(ask.domain), authority.clock())
            key = key_bytes(check_csr(ask.csr))
            ours = [item for item in held if item.key == key]
            if not ours:
                raise Refused(
                    f"certificate: the gateway of {ask.domain} holds none here for this key: exchange "
                    "peering files again"
                )
            if self._answer_was_lost(ours[-1]):
                authority.store.audit.note(str(sender.party), "link-renew again", ask.domain)
                return Issued(ours[-1].der)
            if len(held) >= authority.settings.ca_valid_per_name:
                raise Refused(f"certificate: the gateway of {ask.domain} has {len(held)} (ca_valid_per_name)")
        return Issued(authority.link(sender.party, ask.domain, ask.csr).der)

    def _answer_was_lost(self, newest: Certificate) -> bool:
        """Made for this key a moment ago, under the root that issues now: nobody needs another so soon."""
        authority, identity = self._authority, newest.identity
        issuing = authority.issuer_of(identity.role, identity.party.name).root
        young = authority.clock() - newest.issued_at < authority.settings.ca_renew_again_s
        return young and newest.parsed.issuer == issuing.subject
