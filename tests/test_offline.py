"""The offline guard, tried from processes of its own: a hook cannot be taken out of this one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

#: Ways out, by the standard library's own doors.  Each must end in NetworkRefused and nothing else.
WAYS_OUT = {
    "connect": "socket.socket().connect(('192.0.2.1', 80))",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 80))",
    "connect bytes": "socket.socket().connect((b'192.0.2.1', 80))",
    "connect bytearray": "socket.socket().connect((bytearray(b'192.0.2.1'), 80))",
    "connect name": "socket.socket().connect(('radassist.invalid', 80))",
    "connect ipv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "connect mapped": "socket.socket(socket.AF_INET6).connect(('::ffff:192.0.2.1', 80))",
    "connect unspecified": "socket.socket().connect(('0.0.0.0', 80))",
    "connect private": "socket.socket().connect(('10.0.0.1', 104))",
    "connect link-local": "socket.socket(socket.AF_INET6).connect(('fe80::1%lo', 80))",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "sendto flags": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', 0, ('192.0.2.1', 53))",
    "sendmsg": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
    "broadcast": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('<broadcast>', 9))",
    "multicast": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('224.0.0.1', 9))",
    "listen to all": "socket.socket().bind(('0.0.0.0', 0))",
    "listen to all, short": "socket.socket().bind(('', 0))",
    "create_server": "socket.create_server(('', 0))",
    "create_connection": "socket.create_connection(('192.0.2.1', 443), timeout=1)",
    "getaddrinfo": "socket.getaddrinfo('radassist.invalid', 443)",
    "gethostbyname": "socket.gethostbyname('radassist.invalid')",
    "gethostbyname_ex": "socket.gethostbyname_ex('radassist.invalid')",
    "gethostbyaddr": "socket.gethostbyaddr('192.0.2.1')",
    "getnameinfo": "socket.getnameinfo(('192.0.2.1', 80), 0)",
    "getfqdn": "socket.getfqdn('radassist.invalid')",
    "http.client": "http.client.HTTPConnection('192.0.2.1').request('GET', '/')",
    "http.client name": "http.client.HTTPSConnection('radassist.invalid').request('GET', '/')",
    "urllib": "urllib.request.urlopen('http://192.0.2.1/')",
    "urllib https": "urllib.request.urlopen('https://radassist.invalid/')",
    "urllib ftp": "urllib.request.urlopen('ftp://192.0.2.1/file')",
    "ssl": "ssl.create_default_context().wrap_socket(socket.socket(), server_hostname='x')"
    ".connect(('192.0.2.1', 443))",
    "ssl certificate": "ssl.get_server_certificate(('192.0.2.1', 443))",
    "asyncio": "asyncio.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 80), 5))",
    "asyncio name": "asyncio.run(asyncio.open_connection('radassist.invalid', 80))",
    "smtplib": "smtplib.SMTP('192.0.2.1')",
    "ftplib": "ftplib.FTP('192.0.2.1')",
    "in a thread": "in_thread(lambda: socket.socket().connect(('192.0.2.1', 80)))",
}

#: Ways that stay on this machine and must keep working; ``PORT`` is a server on loopback.
WAYS_IN = {
    "loopback": "socket.create_connection(('127.0.0.1', PORT), 5).close()",
    "loopback name": "socket.create_connection(('localhost', PORT), 5).close()",
    "loopback bytes": "socket.socket().connect((b'127.0.0.1', PORT))",
    "other loopback": "socket.socket().connect_ex(('127.8.8.8', PORT))",
    "ipv6 loopback bind": "ipv6(lambda: socket.socket(socket.AF_INET6).bind(('::1', 0)))",
    "server": "socket.create_server(('127.0.0.1', 0)).close()",
    "http": "urllib.request.urlopen('http://127.0.0.1:PORT/').read()",
    "socketpair": "a, b = socket.socketpair(); a.sendall(b'x')",
    "sendmsg": "a, b = socket.socketpair(); a.sendmsg((b'x',)); a.sendmsg([b'y'])",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "asyncio": "asyncio.run(asyncio.open_connection('127.0.0.1', PORT))",
    "numeric look-up": "socket.getaddrinfo('192.0.2.1', 80)",
    "own addresses": "socket.getaddrinfo(None, 80)",
    "multiprocessing": "a, b = multiprocessing.Pipe(); a.send(1)",
}

PRELUDE = """
import asyncio, ftplib, http.client, json, multiprocessing, smtplib, socket, ssl, sys, threading
import urllib.request, warnings
warnings.simplefilter('ignore', ResourceWarning)
from radassist import offline
from radassist.errors import NetworkRefused

def in_thread(act):
    caught = []
    def run():
        try: act()
        except BaseException as error: caught.append(error)
    thread = threading.Thread(target=run); thread.start(); thread.join()
    if caught: raise caught[0]

def ipv6(act):
    if socket.has_ipv6:
        try: act()
        except OSError: pass  # built in but switched off here

def outcome(code):
    try: exec(code)
    except BaseException as error: return type(error).__name__
    return 'done'
"""


def in_child(code: str, *, timeout: float = 60) -> Any:
    """Run code in a fresh interpreter; its last line of output is JSON."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": str(ROOT), "no_proxy": "*"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def server() -> Iterator[int]:
    """A server on loopback that answers every connection with an empty HTTP reply."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                try:
                    client.settimeout(5)
                    if client.recv(4096):
                        client.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_every_way_out_is_refused() -> None:
    code = (
        f"offline.install()\nprint(json.dumps({{k: outcome(v) for k, v in {WAYS_OUT!r}.items()}}))"
    )
    outcomes = in_child(code)
    assert outcomes == dict.fromkeys(WAYS_OUT, "NetworkRefused")


def test_what_stays_on_this_machine_works(server: int) -> None:
    ways = {name: code.replace("PORT", str(server)) for name, code in WAYS_IN.items()}
    outcomes = in_child(
        f"offline.install()\nprint(json.dumps({{k: outcome(v) for k, v in {ways!r}.items()}}))"
    )
    assert outcomes == dict.fromkeys(WAYS_IN, "done")


@pytest.mark.skipif(sys.platform == "win32", reason="no Unix-domain sockets in Python there")
def test_unix_sockets_work(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    code = (
        "offline.install()\n"
        f"a = socket.socket(socket.AF_UNIX); a.bind({path!r}); a.listen()\n"
        f"b = socket.socket(socket.AF_UNIX); b.connect({path!r})\n"
        "print(json.dumps('done'))"
    )
    assert in_child(code) == "done"


def test_configured_addresses_pass_and_only_with_their_port() -> None:
    """TEST-NET-1 goes nowhere: a non-blocking connect that the guard lets through is in progress,
    or unreachable where there is no route; never NetworkRefused."""
    code = """
offline.install([('192.0.2.7', 104)])
offline.install([('PACS.invalid', 11112), ('0.0.0.0', 0)])
def knock(host, port):
    s = socket.socket(); s.setblocking(False)
    try: s.connect((host, port))
    except OSError: return 'let through'
    except NetworkRefused: return 'refused'
print(json.dumps([
    knock('192.0.2.7', 104), knock('192.0.2.7', 80), knock('192.0.2.8', 104),
    outcome("socket.getaddrinfo('pacs.invalid', 11112)"),
    outcome("socket.getaddrinfo('other.invalid', 11112)"),
    outcome("socket.socket().bind(('0.0.0.0', 0))"),
]))
"""
    assert in_child(code) == [
        "let through",
        "refused",
        "refused",
        "gaierror",
        "NetworkRefused",
        "done",
    ]


def test_a_configured_name_lets_its_own_address_through() -> None:
    """The hook sees the resolved address; the machine's own name serves as a resolvable one."""
    code = """
name = socket.gethostname()
try: address = socket.gethostbyname(name)
except OSError: address = ''
if not address or address.startswith('127.'): print(json.dumps('no name')); sys.exit()
offline.install([(name, 45678)])
def knock(port):
    s = socket.socket(); s.settimeout(2)
    try: s.connect((address, port))
    except OSError: return 'let through'
    except NetworkRefused: return 'refused'
    return 'let through'
print(json.dumps([knock(45678), knock(45679)]))
"""
    outcome = in_child(code)
    if outcome == "no name":
        pytest.skip("this machine's own name resolves to loopback or not at all")
    assert outcome == ["let through", "refused"]


def test_install_is_idempotent_and_cannot_be_undone() -> None:
    code = """
for _ in range(3): offline.install()
offline._allowed.clear()
try: socket.socket().connect(('192.0.2.1', 80))
except NetworkRefused as refused: print(json.dumps([str(refused), refused.exit_code]))
"""
    text, exit_code = in_child(code)
    assert text.startswith("The offline guard refused 192.0.2.1 port 80.")
    assert exit_code == 4


def test_the_probe_says_on_off_and_leaks() -> None:
    off = in_child("print(json.dumps(offline.probe()))")
    assert off["guard"] == "off"
    assert "connect" not in off  # nothing was tried
    on = in_child("offline.install()\nprint(json.dumps(offline.probe()))")
    assert on == {
        "guard": "on",
        "allowed": [],
        "python": on["python"],
        "connect": "refused",
        "send": "refused",
        "resolve": "refused",
        "loopback": "allowed",
    }
    leaks = in_child("offline.install([('192.0.2.1', 9)])\nprint(json.dumps(offline.probe()))")
    assert leaks["guard"] == "leaks"
    assert leaks["allowed"] == ["192.0.2.1:9"]
    assert leaks["resolve"] == "refused"


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_seal_stops_what_the_hook_cannot_see() -> None:
    code = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def native(family):
    fd = libc.socket(family, 1, 0)
    return errno.errorcode[ctypes.get_errno()] if fd < 0 else 'open'
before = native(2)
sealed = offline.seal()
ring = libc.syscall(425, 1, None)
print(json.dumps([before, sealed, native(1), native(2), native(10),
                  errno.errorcode[ctypes.get_errno()] if ring < 0 else 'open']))
"""
    before, sealed, local, inet, inet6, ring = in_child(code)
    assert before == "open"
    if sealed != "seccomp":
        pytest.skip(f"this kernel gives no seal: {sealed}")
    assert (local, inet, inet6, ring) == ("open", "EACCES", "EACCES", "EACCES")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_no_core_file() -> None:
    code = "import resource as r\noffline.install()\nprint(r.getrlimit(r.RLIMIT_CORE)[0])"
    assert in_child(code) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems differ")
def test_onnxruntime_makes_no_device_id_and_no_queue_of_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    assert in_child("offline.install()\nimport onnxruntime\nprint(json.dumps('done'))") == "done"
    assert list(tmp_path.rglob("*")) == []


def test_the_guard_imports_nothing_heavy() -> None:
    code = "print(json.dumps(sorted(m for m in sys.modules if m.startswith(('numpy', 'pydicom')))))"
    assert in_child(code) == []
