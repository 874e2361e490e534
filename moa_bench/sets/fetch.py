"""Downloads of task sets: over https, bounded, checked, and put into place whole or not at all.

A set is data that programs are made of, so bytes with another digest than the known one are
thrown away, whoever sent them.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from moa_bench import limits
from moa_bench.sets.registry import cache_folder, digest_of, source_of
from moa_bench.sets.rows import content_of
from moa_bench.sets.sources import Source
from moa_lsp.errors import ProviderError, RunError, Unreachable, UsageError
from moa_lsp.files.atomic_write import atomic_write
from moa_lsp.providers.bounds import ACTION
from moa_lsp.providers.origin import base_of
from moa_lsp.providers.transport import Transport
from moa_lsp.store.locations import private_folder

TASK_DOWNLOAD_S = 600.0
"""For one task set to arrive: 8 MB over a line of 100 kbit/s."""


_BOUNDS = replace(ACTION, body_bytes=limits.MAX_TASK_FILE_BYTES)


@dataclass(frozen=True, slots=True)
class Download:
    """Data of a set in its place.

    Attributes:
        fresh: whether it was downloaded now.
        licence: of the data.
    """

    path: Path
    fresh: bool
    licence: str


@dataclass(frozen=True, slots=True)
class DownloadPolicy:
    """How downloads go; the defaults are a user's.

    Attributes:
        environ: where a proxy may be named.
        source: in place of the known one, for a mirror.
        trust: in place of the usual authorities.
    """

    environ: Mapping[str, str]
    source: Source | None = None
    trust: ssl.SSLContext | None = None


async def fetch(
    name: str, folder: Path | None = None, way: DownloadPolicy | None = None
) -> Download:
    """See to it that a set's data is in a folder, the user's cache unless another is named.

    Raises:
        UsageError: there is no such set, or it cannot be downloaded.
        ProviderError: the server does not give it.
        RunError: what it gives is something else, or cannot be kept.
    """
    way = way or DownloadPolicy(os.environ)
    source = way.source or source_of(name)
    path = (folder if folder is not None else cache_folder()) / source.file
    if path.is_file() and digest_of(name, content_of(path), str(path)) == source.sha256:
        return Download(path, fresh=False, licence=source.licence)
    if not source.url:
        raise UsageError(
            f"{name} cannot be downloaded as it is: {source.obtain}, as {source.file} in a "
            "folder, and name that with --data"
        )
    content = await _downloaded(source.url, way)
    try:
        digest = digest_of(name, content, source.url)
    except UsageError as err:
        raise RunError(f"{err}; nothing was kept") from err
    if digest != source.sha256:
        raise RunError(
            f"{source.url} gave something else than it once did (SHA-256 {digest}); nothing was "
            "kept"
        )
    await asyncio.to_thread(_put, path, content)
    return Download(path, fresh=True, licence=source.licence)


async def _downloaded(url: str, way: DownloadPolicy) -> bytes:
    host, slash, path = url.partition("://")[2].partition("/")
    base = base_of(f"{url.partition('://')[0]}://{host}")
    if base.origin.scheme != "https":
        raise UsageError(f"task sets are downloaded over https only, not from {base.origin}")
    transport = Transport(base, environ=way.environ, trust=way.trust)
    try:
        async with asyncio.timeout(TASK_DOWNLOAD_S):
            return await _body(transport, f"{slash}{path}", url)
    except TimeoutError as err:
        raise Unreachable(
            f"{url} did not arrive within {TASK_DOWNLOAD_S:.0f} s, try again"
        ) from err
    finally:
        await transport.close()


async def _body(transport: Transport, path: str, url: str) -> bytes:
    async with transport.send("GET", path, bounds=_BOUNDS) as incoming:
        if incoming.status != 200:
            raise ProviderError(f"{url} cannot be had: HTTP status {incoming.status}")
        content = bytearray()
        while piece := await incoming.read():
            content += piece
        return bytes(content)


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        private_folder(path)
        atomic_write(path, content)
    except OSError as err:
        cause = (err.strerror or str(err)).lower()
        raise RunError(f"{path} cannot be written: {cause}") from err
