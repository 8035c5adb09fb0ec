"""TLS of both ends of the HTTP carrier: version 1.3, and a certificate of each side."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.private_files import write_private
from overlay.trust.credentials import Credentials


def server_context() -> ssl.SSLContext:
    """Who has no certificate of a trusted root does not get past the handshake. Give it `own` and roots."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # each connection proves itself anew
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """With our certificate. Whom it reached, `check_server` says, before anything is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the server's certificate is its own: see `self_signed`
    context.set_alpn_protocols(["http/1.1"])
    show(context, credentials.certificate_pem, credentials)
    return context


def show(context: ssl.SSLContext, certificate: bytes, credentials: Credentials) -> None:
    """From now on show this certificate in handshakes. The file that OpenSSL wants is there for a moment."""
    with tempfile.TemporaryDirectory(prefix="overlay-tls-") as folder:
        file = Path(folder) / "chain.pem"
        write_private(file, certificate + credentials.key.to_pem())
        context.load_cert_chain(file)


def trust(context: ssl.SSLContext, roots: Iterable[x509.Certificate]) -> None:
    """Let in clients of these roots, too. Who is let in is proved again, by us, with each request."""
    pem = b"".join(root.public_bytes(Encoding.PEM) for root in roots)
    if pem:
        context.load_verify_locations(cadata=pem.decode())
