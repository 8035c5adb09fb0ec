"""Every error the overlay raises, in one tree.

    OverlayError
    ├── BadInput            what was given is malformed; giving it again changes nothing
    │   ├── BadName         a name, subject or address
    │   ├── BadEnvelope     bytes on the wire
    │   ├── BadSettings     a setting, file or option
    │   └── TooLarge        above a named limit
    ├── Untrusted           proof is missing or wrong; the message counts for nothing
    │   ├── BadCertificate
    │   ├── BadSignature
    │   ├── BadSeal
    │   ├── BadCredential   a DID document or verifiable credential
    │   ├── UnknownKey      sealed with a key that this process was not given: send the wrap again
    │   ├── Replayed
    │   └── Expired         past its deadline or validity
    ├── Refused             understood, proved, and not permitted; the text says why
    │   ├── NotFound        there is no such agent, certificate, peer …
    │   └── NotPermitted    the receiver, or a domain on the way, does not let the sender in
    └── Unavailable         may work later
        ├── Unreachable     the broker, or the party asked, cannot be reached
        ├── NotStored       the broker did not confirm a reliable message
        ├── Overloaded      a named bound is full
        ├── TimedOut        no answer before the deadline
        └── Failed          the other side tried and failed; its text is the message
            ├── TaskFailed      a task has ended without a result, and is not tried again
            │   └── TaskCancelled
            └── ChainFailed     a chain has ended without a result
                └── ChainCancelled

Each class has a `reason`, the word by which counters, receipts and scripts know it, and says whether a
`retry` of the same thing can help.
"""

from __future__ import annotations

from typing import ClassVar


class OverlayError(Exception):
    """Something the overlay refuses or cannot do. The text is for people and says what to do."""

    reason: ClassVar[str] = "error"
    retry: ClassVar[bool] = False


class BadInput(OverlayError):
    """What was given is malformed."""

    reason = "bad-input"


class BadName(BadInput):
    """A name, subject or address that is not one."""

    reason = "bad-name"


class BadEnvelope(BadInput):
    """Bytes that are not an envelope, content or frame."""

    reason = "bad-envelope"


class BadSettings(BadInput):
    """A setting, file or option that cannot be used."""

    reason = "bad-settings"


class TooLarge(BadInput):
    """Above a named limit."""

    reason = "too-large"


class Untrusted(OverlayError):
    """Proof is missing or wrong."""

    reason = "untrusted"


class BadCertificate(Untrusted):
    """A certificate that does not prove what it is shown for."""

    reason = "bad-certificate"


class BadSignature(Untrusted):
    """A signature that its key did not make over these bytes."""

    reason = "bad-signature"


class BadSeal(Untrusted):
    """A seal that does not open, or opens to something else than its header says."""

    reason = "bad-seal"


class BadCredential(Untrusted):
    """A DID document or verifiable credential that does not prove what it is shown for."""

    reason = "bad-credential"


class UnknownKey(Untrusted):
    """Sealed with a key that this process was not given."""

    reason = "unknown-key"
    retry = True


class Replayed(Untrusted):
    """Seen before."""

    reason = "replayed"


class Expired(Untrusted):
    """Past its deadline or its validity."""

    reason = "expired"


class Refused(OverlayError):
    """Understood, proved, and not permitted."""

    reason = "refused"


class NotFound(Refused):
    """There is no such thing."""

    reason = "not-found"


class NotPermitted(Refused):
    """The receiver, or a domain on the way, does not let the sender in; why, is told there."""

    reason = "not-permitted"

    def __init__(self, text: str, wants: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.wants = wants
        """Types of credentials, any of which would help."""


class UnknownOrigin(Refused):
    """The receiver's domain does not know the sender's, so nobody there can prove who sends."""

    reason = "unknown-origin"


class Unavailable(OverlayError):
    """May work later."""

    reason = "unavailable"
    retry = True


class Unreachable(Unavailable):
    """The broker, or the party asked, cannot be reached."""

    reason = "unreachable"


class NotStored(Unavailable):
    """The broker did not confirm a reliable message."""

    reason = "not-stored"


class Overloaded(Unavailable):
    """A named bound is full."""

    reason = "overloaded"

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s
        """Before so many seconds it would be refused again; 0: not known."""


class TimedOut(Unavailable):
    """No answer before the deadline."""

    reason = "timed-out"


class Failed(Unavailable):
    """The other side tried and failed."""

    reason = "failed"


class TaskFailed(Failed):
    """A task has ended without a result."""

    reason = "task-failed"

    def __init__(self, text: str, why: str = "") -> None:
        super().__init__(text)
        self.why = why
        """The reason code of what its executor said, such as `refused`."""


class TaskCancelled(TaskFailed):
    """A task was cancelled."""

    reason = "task-cancelled"


class ChainFailed(Failed):
    """A chain has ended without a result; the text says which step failed, and why."""

    reason = "chain-failed"


class ChainCancelled(ChainFailed):
    """A chain was cancelled, or its deadline has passed."""

    reason = "chain-cancelled"
