"""A publishing node and up to three that take its records: what exchange_compare.py measures beside
two database servers. `tombolo serve` over loopback, everyone with keys of their own, PUBLIC and
GOVERNMENT let out, LIMITED kept back.
"""
import http.client
import shutil
import subprocess
import sys
import threading
import time
import pathlib

from measures import Failed, cpu_of, free_ports, pss_kib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import three_nodes  # noqa: E402  (found by the line above)

PURPOSE = "gov.food-safety"
TAKERS = 3
READY_S = 30
SIZE = "select h.size from received_stream r join stream_head h on h.stream = r.stream"


class BenchNode(three_nodes.Node):
    """The publisher, or one that dials it and takes everything it may have."""

    def __init__(self, federation, spiffe_id, name, ports):
        three_nodes.NAMES[spiffe_id] = name
        super().__init__(federation, spiffe_id, *ports)

    def _peers(self):
        if self.id == three_nodes.NORTH:
            return [{"id": other.id} for other in self.federation if other is not self]
        return [{"id": three_nodes.NORTH, "dial": True, "subscribe": True, "purpose": PURPOSE}]

    def start(self):
        """Seconds until the server says that it is ready."""
        begin = time.monotonic()
        super().start()
        while not self._ready():
            if time.monotonic() > begin + READY_S or self.server.poll() is not None:
                raise Failed(f"{self.name} does not become ready: see {self.federation.folder}")
            time.sleep(0.005)
        return time.monotonic() - begin

    def _ready(self):
        line = http.client.HTTPConnection("127.0.0.1", self.local, timeout=5)
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

    def cpu(self):
        return cpu_of([self.server.pid])

    def held(self):
        """Entries that this node holds of the publisher's stream."""
        rows = self.query(SIZE)
        return rows[0][0] if rows else 0


class BenchFederation(three_nodes.Federation):
    """The publisher above, three takers below."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        names = [(three_nodes.NORTH, "publisher")] + [
            (f"{three_nodes.NORTH}/taker{n}", f"taker{n}") for n in range(1, TAKERS + 1)]
        ports = free_ports(2 * len(names))
        self.nodes = {spiffe_id: BenchNode(self, spiffe_id, name, ports[2 * n:2 * n + 2])
                      for n, (spiffe_id, name) in enumerate(names)}

    def make(self):
        self.make_members()
        self[three_nodes.NORTH].sign_policy(1, {})


class TomboloPair:
    """A publisher that holds `records` records, and its takers."""

    name = "Tombolo"

    def __init__(self, folder, records, program, feed):
        self.folder, self.feed_program, self.last = pathlib.Path(folder), feed, 0
        self.federation = BenchFederation(pathlib.Path(program).resolve(), self.folder)
        self.federation.make()
        self.publisher, *self.waiting = self.federation
        self.subscribers = []
        self._feed(records, 20000)
        self.ready_s = self.publisher.start()
        time.sleep(2)
        self.idle_kib = pss_kib(self.publisher.server.pid)

    def _feed(self, count, per_commit, per_second=0):
        """[(records so far, second before the commit, second after it)]"""
        done = subprocess.run(
            [self.feed_program, self.publisher.folder, str(self.last + 1), str(count),
             str(per_commit), str(per_second)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"exchange_feed: {done.stderr[-500:]}")
        self.last += count
        lines = (map(int, line.split()) for line in done.stdout.splitlines())
        return [(so_far, before / 1e6, after / 1e6) for so_far, before, after in lines]

    # --- what is measured

    def copy(self):
        """(seconds, CPU seconds of both ends) of the first subscriber's copy of all there is."""
        before, start = self.publisher.cpu(), time.monotonic()
        taker = self.add_subscriber()
        self._wait_held([taker])
        seconds = time.monotonic() - start
        time.sleep(0.5)
        return seconds, self.publisher.cpu() - before + taker.cpu()

    def add_subscriber(self):
        taker = self.waiting.pop(0)
        taker.start()
        self.subscribers.append(taker)
        return taker

    def subscribe(self, taker):
        self._wait_held([taker])

    def _wait_held(self, takers, seconds=600):
        end = time.monotonic() + seconds
        for taker in takers:
            while taker.held() < self.last:
                if time.monotonic() > end:
                    raise Failed(f"{taker.name} holds {taker.held()} of {self.last}: see "
                                 f"{self.folder}")
                time.sleep(0.005)

    def follow(self, count, per_commit, per_second=0):
        """(seconds, CPU of the publisher, of the first subscriber) while `count` changes come."""
        first = self.subscribers[0]
        before = self.publisher.cpu(), first.cpu()
        start = time.monotonic()
        self._feed(count, per_commit, per_second)
        self._wait_held(self.subscribers)
        seconds = time.monotonic() - start
        return seconds, self.publisher.cpu() - before[0], first.cpu() - before[1]

    def delays(self, count, per_second):
        """[(seconds from the commit's begin, from its end)] until a change is stored at the first
        subscriber, one commit a change."""
        seen, stop = [], threading.Event()
        base = self.last

        def watch():
            shown = base
            while shown < base + count and not stop.is_set():
                now_shown = self.subscribers[0].held()
                now = time.monotonic()
                seen.extend([now] * (now_shown - shown))
                shown = now_shown
                time.sleep(0.0001)

        watcher = threading.Thread(target=watch)
        watcher.start()
        fed = self._feed(count, 1, per_second)
        watcher.join(30)
        stop.set()
        return [(s - b, s - e) for s, (_, b, e) in zip(seen, fed)]

    def stop(self):
        self.federation.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
