"""A web server with TLS on this machine, under a CA of its own, for what strangers serve."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass(slots=True)
class Page:
    """An answer."""

    body: bytes
    content_type: str = "application/did+json"
    status: str = "200 OK"
    more: str = ""
    """Another header."""


@dataclass(slots=True)
class Site:
    """`pages` by path; `hosts` that asked."""

    port: int
    ca_file: Path
    pages: dict[str, Page] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    slow: bool = False


@asynccontextmanager
async def https_site(folder: Path, name: str = "localhost") -> AsyncIterator[Site]:
    """A server whose certificate is for `name`."""
    site = Site(0, folder / "web-ca.pem")
    context = _context(folder, site.ca_file, name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(site, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client had enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()


async def _answer(site: Site, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    site.hosts.append(headers["host"])
    page = site.pages.get(first.split(" ")[1], Page(b"nothing", status="404 Not Found"))
    length = len(page.body) + (1 if site.slow else 0)
    text = f"HTTP/1.1 {page.status}\r\nContent-Type: {page.content_type}\r\nContent-Length: {length}\r\n"
    writer.write(f"{text}{page.more}Connection: close\r\n\r\n".encode() + page.body)
    await writer.drain()
    if site.slow:
        await reader.read()  # until the client goes


def _context(folder: Path, ca_file: Path, name: str) -> ssl.SSLContext:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a CA of the web")])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = (
        _builder(issuer, issuer, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    )
    server = _builder(own, issuer, key).add_extension(names, critical=False).sign(ca_key, hashes.SHA256())
    ca_file.write_bytes(ca.public_bytes(_PEM))
    chain = folder / "web.pem"
    clear = serialization.NoEncryption()
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, clear)
    chain.write_bytes(private + server.public_bytes(_PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
