"""A connection that only takes what comes, without a pause, is not hung up on."""

import subprocess
import sys

from tests.support import ROOT

BUSY_S = 8

SCRIPT = """
import eventlet; eventlet.monkey_patch()
import sys
from kombu import Connection, Queue
from kombu.pools import producers
from host.rpc import _ReplyListener

url, seconds = sys.argv[1], float(sys.argv[2])
queue = Queue("heartbeat-test", auto_delete=True, durable=False)
seen, lost = [], []
consumer = _ReplyListener.ReplyConsumer(
    lambda: lost.append(1), url, queues=[queue], callbacks=[lambda b, m: seen.append(b)],
    heartbeat=2, accept=["json"],
)
connected = []
ready = consumer.on_consume_ready
consumer.on_consume_ready = lambda *a, **k: (connected.append(1), ready(*a, **k))
thread = eventlet.spawn(consumer.run)
consumer.wait_until_consumer_ready()
with producers[Connection(url)].acquire() as producer:
    for n in range(int(seconds / 0.2)):
        producer.publish(n, routing_key="heartbeat-test")
        eventlet.sleep(0.2)
eventlet.sleep(0.5)
print(len(connected), len(seen))
thread.kill()
"""


def test_busy_replies_keep_their_connection(stack):
    """Five a second for four times the heartbeat: one connection, and none of them missed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, stack.settings.amqp_url, str(BUSY_S)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", str(int(BUSY_S / 0.2))], done.stderr
