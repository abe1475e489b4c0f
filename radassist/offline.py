"""The offline guard: no socket of this process reaches anything but this machine.

``install`` is the first line of every process.  It adds a CPython audit hook (PEP 578), which
cannot be taken out again and which the interpreter asks before it connects, sends, binds or
resolves a name.  Loopback, Unix-domain sockets and configured addresses pass, all else is refused.

The hook sees what Python code does.  Native code that opens its own sockets is stopped one level
lower: ``seal`` makes the Linux kernel refuse every socket that is not a Unix-domain one, and is
used in the engine processes, which never need any.  Programs started on purpose (pip, for
``models fetch``) are processes of their own and are not guarded.

Standard library only, and cheap to import, because everything else comes after it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import ipaddress
import os
import struct
import sys
import threading
from collections.abc import Collection
from typing import Any

from radassist.errors import NetworkRefused

#: RFC 5737 TEST-NET-1: never routed.  RFC 6761 ``.invalid``: never resolves.
_PROBE_ADDRESS = ("192.0.2.1", 9)
_PROBE_NAME = "radassist.invalid"

#: Linux address families that stay inside this machine: none, Unix-domain, netlink (to the kernel).
_AF_UNIX, _AF_NETLINK = 1, 16

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"})
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
#: Methods that look a host name up in C before they ask the hook, and where the address stands.
_NAMED = {"connect": 0, "connect_ex": 0, "bind": 0, "sendto": -1, "sendmsg": 3}

#: Switches of libraries that would report home by themselves.  The posix wheels of onnxruntime
#: (seen in 1.32) make a device id and a queue of events in the user's cache folder when they are
#: imported, and upload them from native code, where the hook sees nothing; so they do neither.
_SILENCING = {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"}

_state = threading.local()
_allowed: set[tuple[str, int]] = set()
_installed, _sealed = threading.Event(), threading.Event()
_install_lock = threading.Lock()


def install(allowed: Collection[tuple[str, int]] = ()) -> None:
    """Switch the guard on for the rest of this process's life.

    Calling it again only adds addresses; nothing takes the guard off or narrows it.  Libraries
    that have a switch against reporting home get it set before they are loaded, and a crash of
    this process writes no core file: it would hold pixels and names.

    :param allowed: (host name or address, port) pairs that the user has configured, such as a
        PACS; a listener needs its wildcard address and port, such as ``("0.0.0.0", 11112)``.
    """
    with _install_lock:
        _allowed.update((_plain(host), int(port)) for host, port in allowed)
        os.environ.update(_SILENCING)
        if not _installed.is_set():
            sys.addaudithook(_hook)
            _check_names_first()
            _no_core_file()
            _installed.set()


def installed() -> bool:
    """True once ``install`` has run in this process."""
    return _installed.is_set()


def probe() -> dict[str, Any]:
    """Try the guard from the inside; the result opens the audit log of a session.

    Tries to connect and to send to TEST-NET-1 (RFC 5737) and to resolve a ``.invalid`` name
    (RFC 6761), and to bind to loopback.  Without a guard nothing is tried: a probe must not be the
    packet that leaves the machine.

    :returns: ``guard`` (``on``, ``off`` or ``leaks``), ``connect``, ``send`` and ``resolve``
        (``refused`` or what happened), ``loopback`` (``allowed`` or
        who refused it), ``allowed`` (the configured addresses), ``python``.
    """
    result: dict[str, Any] = {
        "guard": "off",
        "allowed": [f"{host}:{port}" for host, port in sorted(_allowed)],
        "python": sys.version.split()[0],
    }
    if not installed():
        return result
    import socket

    result["connect"] = _attempt(socket.SOCK_STREAM, lambda s: s.connect(_PROBE_ADDRESS))
    result["send"] = _attempt(socket.SOCK_DGRAM, lambda s: s.sendto(b"", _PROBE_ADDRESS))
    result["resolve"] = _attempt(None, lambda _: socket.getaddrinfo(_PROBE_NAME, 443))
    loopback = _attempt(socket.SOCK_STREAM, lambda s: s.bind(("127.0.0.1", 0)))
    result["loopback"] = "allowed" if loopback == "done" else loopback
    refused = all(result[k] == "refused" for k in ("connect", "send", "resolve"))
    result["guard"] = "on" if refused else "leaks"
    return result


def seal() -> str:
    """Make the kernel refuse every network socket of this process, also those of native code.

    Linux only, and for good: a seccomp filter (seccomp(2), BPF) answers EACCES to ``socket`` for
    every family but Unix-domain and netlink, to ``io_uring_setup`` (a ring can make sockets too),
    and to system calls of another architecture.  Sockets that are open already are not touched.

    :returns: ``seccomp``, or why there is no seal; the guard of ``install`` stands either way.
    """
    machine = os.uname().machine if sys.platform == "linux" else sys.platform
    if machine not in _ARCHITECTURES:
        return f"no seal on {machine}"
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        code = b"".join(struct.pack("=HBBI", *line) for line in _filter(*_ARCHITECTURES[machine]))
        text = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
        # PR_SET_NO_NEW_PRIVS, which an unprivileged filter needs; PR_SET_SECCOMP, mode filter.
        for arguments in ((38, 1, 0, 0, 0), (22, 2, ctypes.c_char_p(program), 0, 0)):
            if libc.prctl(*arguments) != 0:
                return f"no seal: {os.strerror(ctypes.get_errno())}"
    except (ImportError, OSError, AttributeError) as error:
        return f"no seal: {type(error).__name__}"
    _sealed.set()
    return "seccomp"


#: machine -> (AUDIT_ARCH of linux/audit.h, number of socket, number of io_uring_setup).
_ARCHITECTURES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}


def _filter(arch: int, socket_number: int, uring_number: int) -> list[tuple[int, int, int, int]]:
    """The BPF program: (code, jump if true, jump if false, constant) a line (linux/filter.h)."""
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    return [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 0, 8, arch),
        (load, 0, 0, 0),  # seccomp_data.nr
        (at_least, 6, 0, 0x40000000),  # the x32 calls of x86_64
        (equal, 5, 0, uring_number),
        (equal, 0, 3, socket_number),
        (load, 0, 0, 16),  # low word of the first argument: the family
        (equal, 1, 0, _AF_UNIX),
        (equal, 0, 1, _AF_NETLINK),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    ]


def _attempt(kind: int | None, act: Any) -> str:
    import socket

    with contextlib.ExitStack() as stack:
        sock = None
        try:
            if kind is not None:
                sock = stack.enter_context(socket.socket(socket.AF_INET, kind))
                sock.setblocking(False)
            act(sock)
        except NetworkRefused:
            return "refused"
        except OSError as error:
            return f"not refused by the guard: {type(error).__name__}"
    return "done"


def _hook(event: str, args: tuple[Any, ...]) -> None:
    """PEP 578 audit hook; raising here stops the act before it happens."""
    if not event.startswith("socket."):
        return
    if event in _CONNECTING:
        _check_address(args[0], args[1])
    elif event in _RESOLVING:
        _check_name(args[0])
    elif event == "socket.gethostbyaddr":
        _check_reverse(args[0])
    elif event == "socket.getnameinfo":
        _check_reverse(args[0][0])
    elif event == "socket.__new__":
        _check_family(args[1])


def _no_core_file() -> None:
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _check_names_first() -> None:
    """Wrap the methods of ``socket.socket`` that resolve a name before the audit event is raised.

    The hook would refuse the connection, but the DNS query would be on the wire by then.
    """
    import socket

    def wrapped(method: Any, place: int) -> Any:
        @functools.wraps(method)
        def checked(self: Any, *args: Any) -> Any:
            if len(args) > place and args and isinstance(args[place], tuple):
                _check_address(self, args[place])
            return method(self, *args)

        return checked

    for name, place in _NAMED.items():
        if hasattr(socket.socket, name):  # Windows has no sendmsg
            setattr(socket.socket, name, wrapped(getattr(socket.socket, name), place))


def _check_address(sock: Any, address: Any) -> None:
    if address is None:  # sendmsg on a socket whose connect was checked
        return
    family = int(sock.family)
    if family in (_AF_UNIX, _AF_NETLINK) or isinstance(address, str | bytes):
        return
    if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[1], int):
        raise _refusal("a socket of an unknown kind")
    host, port = _plain(address[0]), address[1]
    if _is_loopback(host) or (host, port) in _allowed or _is_configured_name(host, port):
        return
    raise _refusal(f"{host or 'every interface'} port {port}")


def _check_family(family: int) -> None:
    """In a sealed process: the kernel would refuse it too, with an errno instead of a sentence."""
    unspecified = -1  # an object for a descriptor that is open already
    if _sealed.is_set() and family not in (unspecified, _AF_UNIX, _AF_NETLINK):
        raise _refusal("a network socket in an engine process")


def _check_name(host: Any) -> None:
    if host is None:  # getaddrinfo(None, port): this machine's own addresses
        return
    name = _plain(host)
    if _is_loopback(name) or getattr(_state, "resolving", False):
        return
    if _ip(name) is not None:  # a numeric address is not looked up; connecting is checked later
        return
    if any(name == allowed for allowed, _ in _allowed):
        return
    raise _refusal(f"a look-up of the name {name!r}")


def _check_reverse(host: Any) -> None:
    """A look-up of a name by address asks the network even where the address is numeric."""
    name = _plain(host)
    if not _is_loopback(name) and all(name != allowed for allowed, _ in _allowed):
        raise _refusal(f"a look-up of the address {name}")


def _is_configured_name(host: str, port: int) -> bool:
    """True when a configured host *name* with this port resolves to this address."""
    import socket

    for name, allowed_port in tuple(_allowed):
        if allowed_port != port or _ip(name) is not None:
            continue
        _state.resolving = True
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except OSError:
            continue  # the name does not resolve, so it cannot stand for this address
        finally:
            _state.resolving = False
        if any(_plain(entry[4][0]) == host for entry in found):
            return True
    return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    address = _ip(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address is not None and address.is_loopback


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _plain(host: Any) -> str:
    """A host as text without scope, brackets or case."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    return str(host).partition("%")[0].strip("[]").rstrip(".").lower()


def _refusal(target: str) -> NetworkRefused:
    return NetworkRefused(
        f"The offline guard refused {target}.",
        "Nothing leaves this machine; only addresses in the settings are let through.",
    )
