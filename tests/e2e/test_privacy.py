"""Nothing personal is stored or sent in clear, except in the e-mail itself."""

import uuid

import bson
import pika
import pytest

from tests.support import eventually


@pytest.fixture
def eavesdropper(stack):
    """A queue that gets a copy of every RPC and every event."""
    connection = pika.BlockingConnection(pika.URLParameters(stack.settings.amqp_url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    for exchange in ("nameko-rpc", "pst.events"):
        channel.queue_bind(queue, exchange, "#")
    heard: list[bytes] = []

    def listen() -> bytes:
        while True:
            method, properties, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                return b"".join(heard)
            heard.append(str(properties).encode() + body)

    yield listen
    connection.close()


def test_planted_markers_are_found_nowhere(stack, eavesdropper):
    """Names, addresses and texts of all kinds, searched for in all that is kept or passed on."""
    mark = uuid.uuid4().hex[:12]
    name, address = f"Nama{mark}", f"alamat{mark}@example.com"
    resource = stack.submit(
        topic=f"topik {mark}",
        question=f"tanya {mark}",
        contact={"name": name, "email": address, "phone": f"0812{mark}"},
    )
    officer, user = stack.officer(), stack.user(resource["subject_id"])
    path = f"/consultations/{resource['consultation_id']}"
    officer.post(f"{path}/accept")
    officer.post(f"{path}/messages", {"text": f"jawab {mark}"})
    officer.post(f"{path}/messages", {"text": f"catatan {mark}", "internal": True})
    user.post(f"{path}/messages", {"text": f"balas {mark}"}, Idempotency_Key="k-1")
    officer.post(f"{path}/close", {"reason": "resolved", "note": f"akhir {mark}"})
    user.post(f"{path}/reopen", {"reason": f"lagi {mark}"})
    assert mark in officer.get(f"{path}/history").text
    eventually(lambda: len(stack.mails(address)) == 4)
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))

    needle = mark.encode()
    heard = eavesdropper()
    assert resource["consultation_id"].encode() in heard, "the eavesdropper heard nothing"
    assert needle not in heard
    for database in stack.mongo.list_database_names():
        for name in stack.mongo[database].list_collection_names():
            for document in stack.mongo[database][name].find():
                assert needle not in bson.encode(document), f"{database}.{name}"
    places = ["broker", "database", "log"]
    files = [f for p in places for f in (stack.run_dir / p).rglob("*") if f.is_file()]
    assert files
    assert [f for f in files if needle in f.read_bytes()] == []
