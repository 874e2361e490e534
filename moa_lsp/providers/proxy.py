"""Which proxy the user's environment names for an origin.

Only the process environment counts, never a file of a workspace; this machine is always reached
directly, since a proxy variable would otherwise catch local models too (httpx sends requests
to 127.0.0.1 through ``HTTP_PROXY``).
"""

from collections.abc import Mapping

from moa_lsp.providers.origin import Origin


def proxy_for(origin: Origin, environ: Mapping[str, str]) -> str | None:
    """URL of the proxy for an origin, ``None`` for a direct connection."""
    if origin.loopback or _excepted(origin, _value(environ, "no_proxy")):
        return None
    found = _value(environ, f"{origin.scheme}_proxy") or _value(environ, "all_proxy")
    if not found:
        return None
    return found if "://" in found else f"http://{found}"


def place_of(proxy: str) -> str:
    """Host and port of a proxy's URL, for messages: its user and password are left out."""
    return proxy.partition("://")[2].rpartition("@")[2].partition("/")[0]


def _excepted(origin: Origin, names: str) -> bool:
    """Whether a ``no_proxy`` list names the host, a domain that it is in, or everything."""
    for entry in names.lower().split(","):
        name = entry.strip().removeprefix("*").removeprefix(".").removesuffix(f":{origin.port}")
        if entry.strip() == "*" or (
            name and (origin.host == name or origin.host.endswith(f".{name}"))
        ):
            return True
    return False


def _value(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.upper()) or "").strip()
