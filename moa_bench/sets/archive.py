"""Text files of a tar archive, read without unpacking anything to the disk.

The same tree is packed in several ways: by the repository's host, by ``git archive``, by hand.
Only what lies below a known folder counts, wherever that folder is, so the digest is of the files
themselves.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping

from moa_bench.sets.rows import unpacked
from moa_lsp.errors import UsageError

MAX_TASK_MEMBERS = 20_000
"""Files of a set that comes as an archive; the largest known one has 400."""


def members(content: bytes, where: str, below: str) -> dict[str, str]:
    """The text files below a folder by their path in it; links and other things are left out.

    Args:
        content: of the archive, compressed or not.
        where: what the archive is called in messages.
        below: the folder, like ``python/exercises/practice``; it may lie inside of others.

    Raises:
        UsageError: it is no archive, holds no such folder, or one of its files is no text.
    """
    found: dict[str, str] = {}
    marker = f"/{below}/"
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked(content, where)), mode="r:") as archive:
            for member in archive:
                _, inside, path = f"/{member.name}".partition(marker)
                if not inside or not member.isreg() or not path:
                    continue
                if len(found) >= MAX_TASK_MEMBERS:
                    raise UsageError(
                        f"{where} has more than {MAX_TASK_MEMBERS:,} files; "
                        "is it the right archive?"
                    )
                file = archive.extractfile(member)
                found[path] = (file.read() if file else b"").decode()
    except (tarfile.TarError, EOFError, OSError) as err:
        raise UsageError(f"{where} is damaged: it is no whole tar archive; get it anew") from err
    except UnicodeDecodeError as err:
        raise UsageError(f"{where}: a file below {below} is no text in UTF-8") from err
    if not found:
        raise UsageError(f"{where} has no files below {below}; is it the right archive?")
    return found


def digest(files: Mapping[str, str]) -> str:
    """SHA-256 of files by their paths, hexadecimal; the order of packing does not count."""
    total = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path].encode()):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()
