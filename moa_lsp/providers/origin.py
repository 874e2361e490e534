"""Where requests go: scheme, host and port, which is also what a key is bound to.

Plain http exists for this machine only, and a URL carries no credentials: both are refused here,
before a socket is opened (A16 in docs/faults.md).
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from moa_lsp.errors import UsageError
from moa_lsp.text.sanitize import escape

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, a host in lower case without brackets, and a port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine, by its literal name or address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """A provider's base URL: its origin, and the path that goes before every request's."""

    origin: Origin
    path: str


def base_of(url: str) -> BaseUrl:
    """Take a base URL apart.

    Raises:
        UsageError: it is no URL, names no host, holds a user name, a query or a fragment, or is
            plain http to another machine.
    """
    shown = escape(url.rpartition("@")[2], 100)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as err:
        raise UsageError(f"`{shown}` is not a URL, write https://host/path") from err
    if parts.scheme not in _PORTS or not host or not url.isascii() or not url.isprintable():
        raise UsageError(f"`{shown}` is not a URL, write https://host/path")
    if " " in url or parts.query or parts.fragment:
        raise UsageError(f"`{shown}` has a space, ? or # in it, write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"the URL of `{shown}` has a user name in it, use api_key_env instead")
    origin = Origin(parts.scheme, host.lower(), port or _PORTS[parts.scheme])
    if origin.scheme == "http" and not origin.loopback:
        raise UsageError(f"plain http to `{shown}` would show keys and code, use https")
    return BaseUrl(origin, parts.path.rstrip("/"))
