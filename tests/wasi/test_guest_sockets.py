"""A guest that accepts connections and does with them all that it can, and the peer that it
tells what to do.

What the guest prints is compared with tests/guests/c/wasi_sockets.expected. wasmtime-py grants no
sockets, so what is expected there is what the specification says and, where it is silent, what
POSIX does.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import zwasm

GUEST = Path(__file__).parents[1] / "guests/c/wasi_sockets.wasm"
EXPECTED = GUEST.with_suffix(".expected").read_text(encoding="utf-8")
PATIENCE = 30.0  # seconds


class Peer:
    """Reads what the guest prints and obeys the lines that begin with `peer:`."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.printed = ""
        self.failure: Exception | None = None
        self._connection: socket.socket | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self, data: bytes) -> None:
        """More of what the guest prints."""
        with self._changed:
            self.printed += data.decode()
            self._changed.notify_all()

    def end(self) -> None:
        """The guest has ended: obey what there still is, and close the connection."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self._connection is not None:
            self._connection.close()
        if self.failure is not None:
            raise self.failure

    def _orders(self) -> list[str]:
        lines = self.printed.split("\n")[:-1]
        return [line.removeprefix("peer: ") for line in lines if line.startswith("peer: ")]

    def _run(self) -> None:
        done = 0
        try:
            while True:
                with self._changed:
                    while len(self._orders()) == done and not self._ended:
                        self._changed.wait()
                    if len(self._orders()) == done:
                        return
                    order = self._orders()[done]
                done += 1
                self._obey(*order.split(" ", 1))
        except Exception as error:
            self.failure = error

    def _obey(self, verb: str, rest: str = "") -> None:
        if verb == "connect":
            if self._connection is not None:
                self._connection.close()
            self._connection = socket.create_connection(self.address, PATIENCE)
            return
        connection = self._connection
        assert connection is not None
        if verb == "send":
            connection.sendall(rest.encode())
        elif verb == "close":
            connection.close()
        elif rest == "the end":
            assert connection.recv(64) == b""
        else:
            assert verb == "expect"
            received = b""
            while len(received) < len(rest):
                received += connection.recv(64)
            assert received.decode() == rest


def test_connections(each_engine: str) -> None:
    host = socket.create_server(("127.0.0.1", 0))
    peer = Peer(host.getsockname())
    with zwasm.Wasi(stdout=peer.take, listen=[host]) as wasi:
        code = wasi.run(zwasm.Module.from_file(GUEST))
    peer.end()
    assert peer.printed == EXPECTED
    assert code == 0


def test_connections_by_the_command_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address: tuple[str, int] = probe.getsockname()
    peer = Peer(address)
    command = [sys.executable, "-m", "zwasm", "run", "--timeout", "60"]
    command += ["--tcplisten", f"{address[0]}:{address[1]}", str(GUEST)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as guest:
        assert guest.stdout is not None
        for line in guest.stdout:
            peer.take(line)
    peer.end()
    assert peer.printed == EXPECTED
    assert guest.returncode == 0
