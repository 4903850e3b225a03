#!/usr/bin/env python3
"""The subscriber that was written from docs/protocol.md alone takes a feed from the program."""

import time

from federation_case import CODES, FederationCase, run

import exchange
import three_nodes
from documents import POLICY, check_document
from three_nodes import EAST, PACKS, PURPOSE, WEST

SECONDS = 4


class PythonClientCheck(FederationCase):
    def session(self):
        """As west, which does not run, with west's keys."""
        west, folder = self.federation[WEST], self.federation.folder
        trust = self.trust()
        session = exchange.Session(
            WEST, EAST, trust, CODES, PURPOSE[WEST],
            signer=exchange.Signer(west.folder / "signing.key", "SHA256_ED25519"))
        files = {"chain": west.folder / "tls" / "chain.pem", "key": west.folder / "tls" / "key.pem",
                 "roots": folder / "ca" / "root" / "cert.pem"}
        connection = exchange.connect(("127.0.0.1", self.federation[EAST].port), files,
                                      trust.member(EAST))
        exchange.run(connection, session, SECONDS)
        return session

    def test_a_feed_is_taken_proved_and_signed_for(self):
        federation = self.federation
        federation.make()
        east = federation[EAST]
        for pack in PACKS[EAST]:
            self.ingest(east, pack, three_nodes.sample_files(pack))
        east.start()
        federation.wait("east is ready", east.is_ready)
        session = self.session()
        self.assertEqual((session.ended, session.refused), (None, []))
        self.assertEqual(check_document(session.documents[POLICY, EAST, ""])["version"], 1)
        self.assertEqual({i: s.tree.size for i, s in session.streams.items()}, east.own_sizes())
        today = int(time.time()) // 86400
        for stream in session.streams.values():
            self.assertEqual(stream.layers, {1, 2})
            self.assertEqual(stream.incomplete(today), [])
        self.expect_contents(session)
        federation.wait("east knows that west has signed", lambda: (
            east.peers()[WEST]["unconfirmed"] == 0 and east.peers()[WEST]["acknowledged"]))
        self.assertEqual(federation.stop(), [0])
        east.run("audit", "verify")

    def expect_contents(self, session):
        own = self.verified(self.federation[EAST])
        for stream_id, stream in session.streams.items():
            for theirs, ours in zip(own.streams[stream_id], stream.entries, strict=True):
                self.assertEqual(ours["header"], theirs.header)
                for layer in (1, 2):
                    self.assertEqual(ours["shown"][layer], theirs.layers[layer])
                self.assertNotIn(3, ours["shown"])


if __name__ == "__main__":
    run()
