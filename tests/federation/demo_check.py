#!/usr/bin/env python3
"""The demonstration runs to its end, and the stores that it leaves hold what it said."""

import base64
import json
import subprocess
import sys

import federation_case
from federation_case import ROOT, FederationCase, run

import three_nodes
from three_nodes import EAST, NORTH, WAYS, WEST


class DemoCheck(FederationCase):
    def test_the_stores_after_the_demonstration(self):
        folder = self.federation.folder
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / "demo_exchange.py", federation_case.PROGRAM,
             folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace")[-4000:])
        self.federation.honours = folder / "packs" / "kr-seoul-exemplary"
        layers = {}
        for taker, _, origins in WAYS:
            for origin in origins:
                found = self.expect_exact(taker, origin)
                layers[taker, origin] = {layer for _, layer in found.layers}
            self.expect_entries_once(taker)
        self.assertIn(3, layers[NORTH, EAST])       # by the grant
        self.assertEqual(layers[WEST, EAST], {1, 2})
        self.assertEqual(layers[EAST, WEST], {1})   # without a purpose
        self.expect_audit_verifies()

    def test_new_versions_and_a_vanished_record_arrive_at_all_holders(self):
        federation = self.federation
        federation.make()
        west, north, east = federation[WEST], federation[NORTH], federation[EAST]
        editions = three_nodes.sample_files("uk-fhrs")
        self.ingest(west, "uk-fhrs", editions[:1])
        self.ingest(east, "cn-registration-shanghai",
                    three_nodes.sample_files("cn-registration-shanghai"))
        federation.start()
        federation.wait_level()
        before = self.present(west, WEST)
        self.assertEqual(self.present(north, WEST), before)
        self.assertEqual(self.present(east, WEST), before)
        for edition in editions[1:]:
            self.ingest(west, "uk-fhrs", [edition])
        federation.wait_level()
        after = self.present(west, WEST)
        self.assertTrue(before.keys() - after.keys(), "no record vanished")
        self.assertTrue(after.keys() - before.keys(), "no record is new")
        self.assertTrue([k for k in after.keys() & before.keys() if after[k] != before[k]])
        self.assertEqual(self.present(north, WEST), after)
        self.assertEqual(self.present(east, WEST), after)

    def test_a_record_is_followed_from_the_province_to_the_city(self):
        federation = self.federation
        federation.make()
        west, north = federation[WEST], federation[NORTH]
        self.ingest(west, "uk-fhrs", three_nodes.sample_files("uk-fhrs")[:1])
        federation.start()
        federation.wait_level([(NORTH, WEST, [WEST])])
        record = north.json_lines("records", "list", "--origin", WEST, "--limit", "1")[0]
        proof = federation.folder / "proof.json"
        proof.write_text(north.run("records", "prove", record["id"]), encoding="utf-8")
        federation.tombolo("check", "proof", proof)
        done = subprocess.run(
            [sys.executable, ROOT / "conformance" / "verify.py", "proof", proof, "--key",
             federation.folder / "west.der"], check=False, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"signed by {WEST}", done.stdout)
        self.expect_same_checkpoints(north, west)

    def expect_same_checkpoints(self, holder, origin):
        """The checkpoints to which the holder's export leads are those that the origin signed."""
        self.verified(holder, origin.id)
        own = {bytes(body) for (body,) in origin.query("select body from checkpoint")}
        path = self.federation.folder / f"{holder.name}-{origin.name}.jsonl"
        named = [json.loads(line) for line in path.read_bytes().splitlines()]
        named = [line["body"] for line in named if line["type"] == "checkpoint"]
        self.assertTrue(named)
        self.assertLessEqual({base64.b64decode(body) for body in named}, own)


if __name__ == "__main__":
    run()
