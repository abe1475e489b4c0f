"""Run a command in a network namespace that has only loopback, and count what tried to leave.

    python loopback_only.py COUNTERS.json COMMAND...

The namespace is new, so its counters speak of the command and its children alone: whoever tried to
send to an address that is not this machine raised ``OutNoRoutes`` (there is no route), and every
TCP connection raised ``ActiveOpens``.  Counting is the kernel's (/proc/net/snmp, RFC 4293).
Exit code 125: this machine does not allow a new namespace.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

NOT_ALLOWED = 125
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def enter() -> bool:
    """A new network namespace with ``lo`` up; as a plain user inside a new user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING)
        try:
            fcntl.ioctl(sock, SIOCSIFFLAGS, request)
        except OSError:
            return False
    return True


def counters() -> dict[str, int]:
    """What tried to go out of this namespace, by the kernel's count."""
    found: dict[str, int] = {}
    rows = [line.split() for line in Path("/proc/net/snmp").read_text("ascii").splitlines()]
    for names, values in zip(rows[::2], rows[1::2], strict=True):
        found.update({names[0] + n: int(v) for n, v in zip(names[1:], values[1:], strict=True)})
    six = Path("/proc/net/snmp6")
    for line in six.read_text("ascii").splitlines() if six.exists() else ():
        name, value = line.split()
        found[name] = int(value)
    wanted = ("Ip:OutNoRoutes", "Ip6OutNoRoutes", "Tcp:ActiveOpens", "Udp:OutDatagrams")
    return {name: found.get(name, 0) for name in wanted}


def main() -> int:
    if not enter():
        return NOT_ALLOWED
    before = counters()
    code = subprocess.run(sys.argv[2:], check=False).returncode
    after = counters()
    tried = {name: after[name] - before[name] for name in after}
    Path(sys.argv[1]).write_text(json.dumps(tried), encoding="ascii")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
