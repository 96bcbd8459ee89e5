"""An append whose connection was cut is settled by looking, never by hoping."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from kernel.clock import new_id
from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.contract.log_contract import check_chain, draft, everything

INSERT = b"insert\x00"


class CuttingProxy:
    """Stands between driver and server; cuts the next insert before or after it arrived."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = ""
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                pair = client, socket.create_connection(self._server), Event()
                Thread(target=self._requests, args=pair, daemon=True).start()
                Thread(target=self._answers, args=pair, daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, cut: Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if INSERT in data and self.cut:
                    how, self.cut = self.cut, ""
                    cut.set()
                    if how == "before":
                        break
                server.sendall(data)
        _close(client, server)

    def _answers(self, client: socket.socket, server: socket.socket, cut: Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if cut.is_set():
                    break
                client.sendall(data)
        _close(client, server)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.fixture
def cutting(server):
    """A log behind a proxy that can cut, and the same log seen directly."""
    url = urlsplit(server.mongo_url)
    proxy = CuttingProxy(url.hostname, url.port)
    direct = replace(server, db_prefix=f"test_{new_id()[:12]}")
    behind = replace(direct, mongo_url=f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true")
    client = connect(direct)
    seen = EventLog(database(client, direct, "kernel"))
    seen.prepare()
    yield proxy, EventLog(database(connect(behind), behind, "kernel")), seen
    proxy.close()
    client.drop_database(f"{direct.db_prefix}_kernel")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_cut_connection_leaves_one_commit(cutting, moment):
    """Cut before the insert arrived, or before its answer came back: the caller gets its commit."""
    proxy, log, seen = cutting
    log.append(draft("a-1"))
    proxy.cut = moment
    wanted = draft("a-1", 2)
    commit = log.append(wanted)
    assert proxy.cut == "", "nothing was cut"
    assert seen.read_stream("a-1", after=1) == [commit]
    assert commit.command_id == wanted.command_id
    assert [c.position for c in seen.read_on(0)] == [1, 2]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_cut_connection_leaves_every_commit_of_a_group_once(cutting, moment):
    """Twenty travel together when it is cut: each caller gets its own commit."""
    proxy, log, seen = cutting
    wanted = [draft(f"g-{n}") for n in range(20)]
    proxy.cut = moment
    with ThreadPoolExecutor(20) as pool:
        commits = list(pool.map(log.append, wanted))
    assert proxy.cut == "", "nothing was cut"
    assert [c.command_id for c in commits] == [w.command_id for w in wanted]
    check_chain(everything(seen))
    assert len(everything(seen)) == 20
