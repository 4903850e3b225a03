#!/usr/bin/env python3
"""Each recipient holds all that it may and nothing else, before and after a policy changes."""

import os
import pathlib

from federation_case import DATA, FederationCase, run

import make_rows
import three_nodes
from three_nodes import EAST, NORTH, PACKS, PHONES, WAYS, WEST

ROWS = 3000
LIMITED_ITEMS = [f"bench.item{n:03d}" for n in range(make_rows.ITEMS) if n % 10 < 2]


class LeakCheck(FederationCase):
    def expect_all_exact(self):
        """{(taker, origin): layers that are held anywhere}"""
        held = {}
        for taker, _, origins in WAYS:
            for origin in origins:
                found = self.expect_exact(taker, origin)
                print(found)
                held[taker, origin] = {layer for _, layer in found.layers}
        return held

    def wait_policy(self, origin, version):
        """Until every taker has the origin's policy of that version, and what it changes."""
        takers = [t for t, _, origins in WAYS if origin in origins]
        self.federation.wait(f"policy {version} of {origin} is everywhere", lambda: all(
            self.federation[t].query("select version from document where kind = 4 and owner = ?",
                                     origin) == [(version,)] for t in takers))

    def test_files_of_the_packs(self):
        federation = self.federation
        federation.make()
        for node in (federation[EAST], federation[WEST]):
            for pack in PACKS[node.id]:
                self.ingest(node, pack, three_nodes.sample_files(pack, DATA))
        federation.start()
        federation.wait_level(seconds=300)
        held = self.expect_all_exact()
        self.assertEqual(held[NORTH, EAST], {1, 2, 3})
        self.assertNotIn(3, held[WEST, EAST])
        # The grant ends: its layer goes from the province, and only that.
        federation[EAST].sign_policy(2, {})
        self.wait_policy(EAST, 2)
        federation.wait_level()
        held = self.expect_all_exact()
        self.assertEqual(held[NORTH, EAST], {1, 2})
        # It comes back, by entries that were sent long ago.
        federation[EAST].sign_policy(3, {"g-again": PHONES["g-phones"]})
        self.wait_policy(EAST, 3)
        federation.wait("the layer is back", lambda: 3 in {
            layer for _, layer in self.compare(NORTH, EAST).layers})
        federation.wait_level()
        self.assertEqual(self.expect_all_exact()[NORTH, EAST], {1, 2, 3})

    def test_rows_of_all_classes(self):
        """Streams of class GOVERNMENT and LIMITED, which whoever may not have them never sees."""
        federation = self.federation
        federation.make()
        pack, rows = federation.folder / "bench", federation.folder / "rows.csv"
        make_rows.write_pack(pack)
        make_rows.write_rows(ROWS, rows)
        east = federation[EAST]
        lasting = (NORTH, LIMITED_ITEMS[20:40])
        east.sign_policy(2, {"g-a": (NORTH, LIMITED_ITEMS[:20]), "g-b": lasting})
        self.ingest(east, str(pack), [rows])
        federation.start()
        ways = [way for way in WAYS if way[1] == EAST]
        self.wait_exact(ways)
        east.sign_policy(3, {"g-b": lasting, "g-c": (NORTH, LIMITED_ITEMS[60:])})
        self.wait_policy(EAST, 3)
        self.wait_exact(ways)

    def test_a_suspended_origin(self):
        """Nobody could correct its records any more, so what was received of it goes."""
        federation = self.federation
        federation.make()
        for node, pack in ((EAST, "kr-seoul-exemplary"), (WEST, "uk-fhrs")):
            self.ingest(federation[node], pack, three_nodes.sample_files(pack))
        federation.start()
        federation.wait_level()
        theirs = federation[EAST].own_sizes().keys()
        federation.suspend(EAST)
        federation.wait("nobody holds anything of east", lambda: not any(
            federation[t].received().keys() & theirs for t in (NORTH, WEST)))
        for taker in (NORTH, WEST):
            self.assertEqual(self.present(federation[taker], EAST), {})
        self.assertTrue(self.present(federation[NORTH], WEST))
        self.expect_exact(NORTH, WEST)
        federation.wait("its sessions are over", lambda: "OPEN" not in (
            federation[NORTH].peers()[EAST]["state"], federation[WEST].peers()[EAST]["state"]))

    def wait_exact(self, ways):
        """Until nothing is missing; then nothing may be too much either."""
        for taker, _, _ in ways:
            self.federation.wait(f"{taker} has all", lambda t=taker: (
                self.federation[t].received() and not self.compare(t, EAST).missing), 120)
            print(self.expect_exact(taker, EAST))


if __name__ == "__main__":
    run()
