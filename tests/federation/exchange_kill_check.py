#!/usr/bin/env python3
"""Either side of a transfer is killed at any moment; nothing is lost, nothing doubled."""

import random
import subprocess
import time

from federation_case import LONG, FederationCase, run

import make_rows
from three_nodes import EAST, NORTH

ROWS = 6000
ROUNDS = 200 if LONG else 12
EVERY = 10 if LONG else 3  # so many rows of a file have one that changes
SECONDS_MAX = 1000 if LONG else 150
SEED = 20261122
WAY = [(NORTH, EAST, [EAST])]
LIMITED_ITEMS = [f"bench.item{n:03d}" for n in range(make_rows.ITEMS) if n % 10 < 2]


class ExchangeKillCheck(FederationCase):
    def make(self):
        self.federation.make()
        self.east, self.north = self.federation[EAST], self.federation[NORTH]
        self.pack = self.federation.folder / "bench"
        make_rows.write_pack(self.pack)
        make_rows.write_rows(ROWS, self.federation.folder / "rows.csv")
        # Everything may go to north, so that everything has to arrive.
        self.east.sign_policy(2, {"g-all": (NORTH, LIMITED_ITEMS)})

    def edition(self, number):
        """The rows, one in EVERY with another note."""
        rows = (self.federation.folder / "rows.csv").read_text(encoding="utf-8").splitlines()
        path = self.federation.folder / "rows.now.csv"
        path.write_text("\n".join(row + f" {number}" if n % EVERY == 1 and number else row
                                  for n, row in enumerate(rows)) + "\n", encoding="utf-8")
        return path

    def start_ingest(self, number):
        return subprocess.Popen(
            [self.federation.program, "ingest", "--node", self.east.folder, "--pack", self.pack,
             self.edition(number)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT)

    def test_at_any_moment_nothing_is_lost_or_doubled(self):
        self.make()
        self.assertEqual(self.start_ingest(0).wait(120), 0)
        self.east.start()
        chance, killed, longest_s = random.Random(SEED), {EAST: 0, NORTH: 0}, 1.0
        end = time.monotonic() + SECONDS_MAX
        for number in range(1, ROUNDS + 1):
            if time.monotonic() > end:
                break
            victims = [[EAST], [NORTH], [EAST, NORTH]][chance.randrange(3)]
            began = time.monotonic()
            ingest = self.start_ingest(number)
            for node in (self.east, self.north):
                if node.server is None:
                    node.start()
            wait_s = chance.random() * longest_s
            self.federation.wait("the moment", lambda at=began + wait_s: time.monotonic() > at)
            sizes = self.sizes()
            for victim in victims:
                killed[victim] += self.federation[victim].kill() == -9
            self.assertEqual(ingest.wait(120), 0)
            caught = sizes != self.sizes_due()
            for victim in victims:
                self.federation[victim].start()
            self.federation.wait_level(WAY, 120)
            longest_s = max(0.3, min(longest_s, 2.0)) if caught else longest_s * 0.8
            self.expect_entries_once(NORTH)
            self.expect_entries_once(EAST)
            for node in (self.east, self.north):
                node.run("audit", "verify")
        self.assertGreater(min(killed.values()), 0, killed)
        print(f"killed {killed} in {number} rounds")
        self.assertEqual(self.present(self.north, EAST), self.present(self.east, EAST))
        self.assertEqual(len(self.present(self.north, EAST)), ROWS)
        print(self.expect_exact(NORTH, EAST))
        self.assertEqual(self.federation.stop(), [0, 0])
        self.expect_audit_verifies()

    def sizes(self):
        return sorted((i, held[0]) for i, held in self.north.received().items())

    def sizes_due(self):
        return sorted(self.east.own_sizes().items())


if __name__ == "__main__":
    run()
