"""TLS as a client of a broker: one CA, our own certificate, the host's name checked."""

from __future__ import annotations

import ssl

from overlay.errors import BadSettings
from overlay.private_files import check_private
from overlay.transport.address import TlsFiles


def client_tls(tls: TlsFiles) -> ssl.SSLContext:
    """Trusts `tls.ca` and nothing else; TLS 1.2 or newer. Raises BadSettings naming the file, also
    when others may read the key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=tls.ca)
    except (OSError, ValueError) as error:
        raise BadSettings(f"{tls.ca} cannot be used as the CA of the broker: {error}") from error
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        raise BadSettings(
            f"{tls.certificate} and {tls.key} cannot be used as certificate and key: {error}"
        ) from error
    check_private(tls.key)
    return context
