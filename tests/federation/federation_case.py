"""What the checks share: a federation in a temporary folder, and what its stores hold compared."""

import os
import pathlib
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "conformance"), str(ROOT / "tests" / "bench")]

import three_nodes  # noqa: E402
from export import check_export  # noqa: E402
from holdings import (Comparison, permission, public_key_of, read_export,  # noqa: E402
                      read_policy, read_trust)
from policy import Codes, load_codes  # noqa: E402
from three_nodes import PURPOSE, WAYS  # noqa: E402

CORE = ROOT / "adapters" / "profiles" / "core"
CODES = Codes(load_codes(CORE / "purposes.csv"), load_codes(CORE / "legal_bases.csv"))
LONG = "TOMBOLO_TEST_LONG" in os.environ
DATA = os.environ.get("TOMBOLO_DATA")
PROGRAM = None  # set by run()


class FederationCase(unittest.TestCase):
    """Each test has a federation of its own, which is stopped and removed at its end."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tombolo-")
        self.addCleanup(folder.cleanup)
        self.federation = three_nodes.Federation(PROGRAM, pathlib.Path(folder.name) / "f")
        self.addCleanup(self.federation.stop)

    def ingest(self, node, pack, files):
        done = node.ingest(self.federation.pack(pack), files, "--yes")
        for line in done:
            self.assertTrue(line["adds_up"], line)
        return done

    # --- what is held

    def verified(self, node, origin=None):
        """The export of own records, or those of `origin`, when the verifier found it sound."""
        name = f"{node.name}-{three_nodes.NAMES[origin] if origin else 'own'}.jsonl"
        path = node.export(self.federation.folder / name, origin)
        checker = check_export(path, 3)
        self.assertEqual(checker.failures, [], f"{node.name}: {path}")
        registry = self.trust().registry
        self.assertTrue(public_key_of(registry, checker.origin, checker.public_key))
        return read_export(path)

    def trust(self):
        return read_trust(self.federation.folder / "federation", time.time_ns() // 1000)

    def compare(self, taker, origin):
        """What `taker` holds of `origin`, against what policy and registry permit now."""
        now_us = time.time_ns() // 1000
        registry = self.trust().registry
        policy = read_policy(self.federation[origin].folder / "policy", CODES, registry)
        giver = next(g for t, g, origins in WAYS if t == taker and origin in origins)
        hubs = [] if giver == origin else [(giver, PURPOSE[giver])]
        may = permission(policy, registry, (taker, PURPOSE[taker]), now_us, hubs)
        return Comparison(self.verified(self.federation[origin]),
                          self.verified(self.federation[taker], origin), may)

    def expect_exact(self, taker, origin):
        """Zero extra, zero missing; gives the comparison."""
        found = self.compare(taker, origin)
        self.assertEqual((found.extra, found.missing), ([], []), str(found))
        self.assertGreater(found.entries, 0)
        self.expect_nothing_else(taker)
        return found

    def expect_nothing_else(self, taker):
        """The store has no stream but its own and those of the ways that lead to it."""
        node = self.federation[taker]
        origins = {o for t, _, origins in WAYS if t == taker for o in origins}
        known = set().union(*(self.federation[o].own_sizes() for o in origins))
        self.assertEqual(node.received().keys() - known, set())

    def expect_audit_verifies(self):
        for node in self.federation:
            node.run("audit", "verify")
            self.verified(node)

    def expect_entries_once(self, taker):
        """Every entry lies in the change log once: no gap, no overlap, none beyond."""
        node, due, sizes = self.federation[taker], {}, {}
        for stream, size, first, last in node.query(  # one statement: one moment of the store
                "select h.stream, h.size, c.first_seq, c.last_seq from stream_head h "
                "join change_log c on c.stream = h.stream order by h.stream, c.first_seq"):
            self.assertEqual(first, due.get(stream, 1), f"{node.name}, stream {stream}")
            due[stream], sizes[stream] = last + 1, size
        self.assertEqual(due, {stream: size + 1 for stream, size in sizes.items()}, node.name)

    def present(self, node, origin):
        """Record id at its origin -> version, of the records in force."""
        return {r.get("record_id", r["id"]): r["version"] for r in node.json_lines(
            "records", "list", "--origin", origin, "--limit", "1000000000")}


def run():
    """Runs the tests of the calling file with the program that the command line names."""
    global PROGRAM
    PROGRAM = sys.argv[1]
    unittest.main(module="__main__", argv=[sys.argv[0]] + sys.argv[2:])
