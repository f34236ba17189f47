"""Where a server listens: this machine alone, unless keys guard it."""

import ipaddress
import socket

from limbeck.core.errors import MachineError, UsageError

LOOPBACK = "127.0.0.1"
_BACKLOG = 128


def check_address(host: str, *, has_keys: bool) -> None:
    """Refuse to be open to others without keys.

    Raises: UsageError: others could reach it and no key is configured, or there is no such address.
    """
    if not is_loopback(host) and not has_keys:
        what = f"{host} can be reached by others, and no key is configured"
        fix = "`limbeck serve --new-key NAME` makes one; or leave --host out, for this machine alone"
        raise UsageError(what, where="--host", fix=fix)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address.

    Raises: UsageError: there is no such address.
    """
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        what = f"there is no address {host!r}"
        raise UsageError(what, where="--host", fix=f"{LOOPBACK} is this machine, 0.0.0.0 is every address") from error
    return all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)


def listen(host: str, port: int) -> socket.socket:
    """Open the address; port 0 takes a free one.

    Raises: MachineError: it is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        fix = "choose another --port; 0 takes a free one"
        raise MachineError(f"cannot listen: {error.strerror}", where=f"{host}:{port}", fix=fix) from error


def url_of(opened: socket.socket) -> str:
    """Return the address that clients are to be given."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
