"""Frames, columns, heads, a subscriber's session: what must be taken and, more, what must not."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import exchange_sample as x  # noqa: E402
import federation_sample as f  # noqa: E402
from audit import check_countersignature  # noqa: E402
from exchange import CREDIT, Session, Signer  # noqa: E402
from frames import (MESSAGES, FrameReader, check_form, check_header,  # noqa: E402
                    read_entries, read_layers, read_payload, write_frame)
from ledger import SUITES, Tree  # noqa: E402
from policy import Codes  # noqa: E402
from receipt import check_receipt  # noqa: E402
from registry import Trust  # noqa: E402
from streams import Checkpoints, Stream, bits  # noqa: E402
from test_registry import Case  # noqa: E402
from wire import FormatError, decode_any  # noqa: E402

PAGES = pathlib.Path(__file__).resolve().parent.parent / "docs"
CREDIT_FRAME = bytes.fromhex("00000003030000000000000708ac02")
S1 = SUITES[1]


def page_text(name):
    return (PAGES / name).read_text(encoding="utf-8").replace("\n", "").replace(" ", "")


class FrameTest(Case):
    def read(self, *frames):
        reader = FrameReader()
        reader.feed(b"".join(frames))
        out = []
        while (frame := reader.next()) is not None:
            out.append(frame)
        return out

    def test_the_page(self):
        self.assertIn(CREDIT_FRAME.hex(), page_text("formats/frame.md"))
        self.assertEqual(write_frame("CREDIT", {"bytes": 300}, 7), CREDIT_FRAME)

    def test_byte_by_byte(self):
        data = write_frame("CREDIT", {"bytes": 1}, 1) + write_frame("BYE", {}, 2)
        reader, out = FrameReader(), []
        for i in range(len(data)):
            reader.feed(data[i:i + 1])
            frame = reader.next()
            out += [frame] if frame else []
        self.assertEqual(out, [("CREDIT", b"\x08\x01"), ("BYE", b"")])

    def test_headings(self):
        def heading(size=0, kind=3, flags=0, rest=0, number=1):
            return (size.to_bytes(4, "big") + bytes([kind, flags]) + rest.to_bytes(2, "big")
                    + number.to_bytes(4, "big"))

        self.assertEqual(self.read(heading()), [("CREDIT", b"")])
        for code, data in (("FRAME_UNKNOWN", heading(kind=0)), ("FRAME_UNKNOWN", heading(kind=18)),
                           ("FRAME_TOO_LARGE", heading(16385)),
                           ("FRAME_TOO_LARGE", heading((4 << 20) + 1, 11)),
                           ("FRAME_TOO_LARGE", heading((2 << 20) + 1, 14)),
                           ("FRAME_ORDER", heading(number=0)), ("FRAME_ORDER", heading(number=2)),
                           ("FRAME_INVALID", heading(flags=1)), ("FRAME_INVALID", heading(flags=2)),
                           ("FRAME_INVALID", heading(rest=1))):
            self.refused(code, self.read, data)
        self.refused("FRAME_ORDER", self.read, heading(), heading())
        for whole in (heading(16384), heading(4 << 20, 12), heading(2 << 20, 9)):
            self.assertEqual(self.read(whole), [])  # it waits for the payload

    def test_payloads(self):
        self.assertEqual(read_payload("CREDIT", b"\x08\x80\x00"), {})  # need not be canonical
        for data in (b"\x08", b"\x10\x01", b"\x0a\x00", b"\x08\x01\x0d\0\0\0\0"):
            self.refused("FRAME_INVALID", read_payload, "CREDIT", data)
        page = x.payload("ENTRIES", x.story().page(1, 6))
        read_payload("ENTRIES", page)
        self.refused("FRAME_INVALID", read_payload, "ENTRIES", page + b"\x4a\x00")

    def test_lists_packed_or_not(self):
        for data in (b"\x12\x02\x01\x02", b"\x10\x01\x10\x02", b"\x12\x01\x01\x10\x02"):
            self.assertEqual(read_payload("HELLO", data), {"versions": [1, 2]})


class ColumnsTest(Case):
    def setUp(self):
        self.stream = x.story()

    def test_the_page(self):
        text = page_text("formats/frame.md")
        data = bytes.fromhex(text[text.index("0a200203"):text.index("##Knowndownsides")])
        entries = read_entries(S1, read_payload("ENTRIES", data))
        self.assertEqual([e["seq"] for e in entries], [3, 4, 5])
        self.assertEqual(entries[0]["shown"], {1: (b"\x11" * 16, b"\x0a\x03abc")})
        self.assertEqual(entries[0]["hashes"][1:], [b"\x22" * 32, b"\x33" * 32])
        self.assertEqual(entries[2]["leaf"], b"\x44" * 32)

    def test_leaves(self):
        for layers in ((), (1,), (2, 3), (1, 2, 3)):
            got = read_entries(S1, self.stream.page(1, 6, layers, stubs=(3,), erased=(5,)))
            self.assertEqual([e["leaf"] for e in got], self.stream.leaves)
        other = SUITES[3]
        page = {"stream_id": bytes(48), "first_seq": 1, "forms": b"\x80", "hashes": bytes(48)}
        self.assertEqual(read_entries(other, page)[0]["leaf"], bytes(48))

    def test_damages(self):
        good = self.stream.page(1, 6, erased=(5,))
        for change in ({"forms": b""}, {"forms": b"\x80" * 32769},
                       {"first_seq": 0}, {"stream_id": bytes(31)},
                       {"forms": b"\x35" + good["forms"][1:]},      # bit 2
                       {"forms": b"\x39" + good["forms"][1:]},      # bit 3
                       {"forms": b"\x30" + good["forms"][1:]},      # no type
                       {"forms": b"\xb1" + good["forms"][1:]},      # erased, and more
                       {"forms": good["forms"][:3] + b"\x12" + good["forms"][4:]},
                       {"forms": good["forms"] + b"\x80"}, {"forms": good["forms"][:-1]},
                       {"headers": good["headers"][:-1]}, {"headers": good["headers"] + [b""]},
                       {"contents": good["contents"][:-1]}, {"contents": good["contents"] + [b""]},
                       {"salts": good["salts"][:-1]}, {"salts": good["salts"] + b"\0"},
                       {"hashes": good["hashes"][:-1]}, {"hashes": good["hashes"] + b"\0"}):
            self.refused("FRAME_INVALID", read_entries, S1, {**good, **change})
        self.refused("LIMIT_EXCEEDED", read_entries, S1,
                     {**good, "contents": [bytes((1 << 20) + 1)] + good["contents"][1:]})

    def test_forms(self):
        for form in (1, 2, 3, 0x11, 0x31, 0x71, 0x80):
            check_form(form)
        for form in set(range(256)) - {1 | n << 4 for n in range(8)} - {2, 3, 0x80}:
            self.refused("FRAME_INVALID", check_form, form)

    def test_headers(self):
        for entry in read_entries(S1, self.stream.page(1, 6)):
            check_header(entry)
            self.refused("NOT_CANONICAL", check_header, {**entry, "header": entry["header"][:-1]})

    def test_layers(self):
        good = self.stream.layers(3, 1, 4, (1, 2))
        self.assertEqual([seq for seq, _, _ in read_layers(S1, good)], [1, 2])
        self.assertEqual(read_layers(S1, self.stream.layers(1, 2, 2, ())), [])
        for change in ({"layer": 0}, {"layer": 4}, {"first_seq": 0}, {"last_seq": 0},
                       {"first_seq": 2}, {"last_seq": 1}, {"seqs": [2, 1]}, {"seqs": [1, 1]},
                       {"seqs": [1]}, {"contents": good["contents"][:1]},
                       {"salts": good["salts"][1:]}):
            self.refused("FRAME_INVALID", read_layers, S1, {**good, **change})


class StreamTest(Case):
    def setUp(self):
        self.made = x.story()
        self.stream = self.holding()

    def holding(self, checkpoints=None, made=None):
        made = made or self.made
        stream = Stream(f.registry_body()["members"][2], {}, S1, made.stream_id,
                        checkpoints or Checkpoints())
        stream.offer({1, 2}, [f.CITY])
        return stream

    def test_in_pages_of_every_size(self):
        for size in range(1, 7):
            stream = self.holding()
            stream.on_head(x.head(self.made))
            for first in range(1, 7, size):
                stream.on_entries(self.made.page(first, min(first + size - 1, 6), erased=(5,)))
            self.assertEqual((stream.tree.size, stream.tree.root()), (6, self.made.root()))
            self.assertEqual(stream.next_seq, {1: 7, 2: 7})
            self.assertEqual(stream.incomplete(0), [])
            self.assertEqual([e["seq"] for e in stream.current().values()], [1, 2])

    def test_repeats(self):
        self.stream.on_head(x.head(self.made))
        self.stream.on_entries(self.made.page(1, 4))
        self.assertEqual(self.stream.on_entries(self.made.page(2, 3)), [])
        self.assertEqual(len(self.stream.on_entries(self.made.page(3, 6))), 2)
        self.assertEqual(self.stream.tree.root(), self.made.root())

    def test_pages_that_are_refused_change_nothing(self):
        self.refused("STREAM_UNKNOWN", self.stream.on_entries, self.made.page(1, 2))
        self.stream.on_head(x.head(self.made))
        self.stream.on_entries(self.made.page(1, 2))
        page = self.made.page(3, 5)
        twisted = dict(page, headers=[x.put(b"c", 9)[1]] + page["headers"][1:])
        for code, bad in (("STREAM_GAP", self.made.page(4, 5)),
                          ("CLASS_WIDENED", self.made.page(3, 5, (1, 2, 3))),
                          ("CLASS_WIDENED", self.made.page(1, 1, (3,))),
                          ("PROOF_INVALID", {**page, "path": page["path"][:-1]}),
                          ("PROOF_INVALID", {**page, "path": page["path"] + [bytes(32)]}),
                          ("PROOF_INVALID", {**page, "path": [bytes(32)] * len(page["path"])}),
                          ("PROOF_INVALID", {**page, "salts": f.flip(page["salts"])}),
                          ("PROOF_INVALID", {**page, "contents": [b""] + page["contents"][1:]}),
                          ("PROOF_INVALID", twisted),
                          ("PROOF_INVALID", self.made.page(4, 5, first_seq=3)),
                          ("NOT_CANONICAL", {**page, "headers": [b""] + page["headers"][1:]})):
            self.refused(code, self.stream.on_entries, bad)
            self.assertEqual((self.stream.tree.size, len(self.stream.entries)), (2, 2))
        self.stream.on_entries(page)

    def test_beyond_the_head(self):
        self.stream.on_head(x.head(self.made, size=4))
        self.refused("PROOF_INVALID", self.stream.on_entries, self.made.page(1, 6))

    def test_heads(self):
        made, stream = self.made, self.stream
        stream.on_head(x.head(made, 5, size=4))
        stream.on_head(x.head(made, 5, size=4))   # the same again
        stream.on_head(x.head(made, 4, size=3))   # an older one, by a slower way
        self.assertEqual(stream.head["size"], 4)
        fork = x.Stream().append(*[x.put(b"z", i) for i in range(1, 7)])
        for code, bad in (
                ("STREAM_FORKED", x.head(made, 5, size=4, batch=b"g" * 32)),
                ("STREAM_FORKED", x.head(made, 6, size=4, root=fork.root(4))),
                ("STREAM_FORKED", x.head(made, 1, 2, size=4, root=fork.root(4))),
                ("STREAM_SHRUNK", x.head(made, 7, size=3)),
                ("STREAM_SHRUNK", x.head(made, 2, 2, size=3)),
                ("STREAM_SHRUNK", x.head(made, 3, size=5))):
            self.refused(code, stream.on_head, bad)
            self.assertEqual(stream.alarm["code"], code)
            self.assertEqual(stream.alarm["second"], bad)
            self.assertEqual(stream.head["size"], 4)
        stream.on_head(x.head(made, 3, 2))
        self.refused("EPOCH_LOWER", stream.on_head, x.head(made, 9, 1))
        self.assertEqual(stream.head["epoch"], 2)

    def test_heads_that_prove_nothing(self):
        made, good = self.made, x.head(self.made)
        alien = x.Stream(x.descriptor(item="test.permit")).append(x.put(b"a"))
        for code, bad in (
                ("SIGNATURE_INVALID", x.head(made, signer=13)),
                ("SIGNATURE_INVALID", x.head(made, origin=f.OTHER)),
                ("SIGNATURE_INVALID", {**good, "checkpoint": {
                    **good["checkpoint"], "signature": bytes(64)}}),
                ("SIGNATURE_INVALID", {**good, "checkpoint": {
                    **good["checkpoint"], "body": good["checkpoint"]["body"] + b"\0"}}),
                ("SIGNATURE_INVALID", {"proof": good["proof"]}),
                ("PROOF_INVALID", {**good, "proof": {**good["proof"], "index": 1}}),
                ("PROOF_INVALID", {**good, "proof": {**good["proof"], "nonce": b""}}),
                ("PROOF_INVALID", {**good, "proof": {**good["proof"], "path": []}}),
                ("STREAM_UNKNOWN", x.head(alien))):
            self.refused(code, self.stream.on_head, bad)
            self.assertIsNone(self.stream.head)

    def test_epoch_min(self):
        self.stream.origin = {**self.stream.origin, "epoch_min": 2}
        self.refused("EPOCH_LOWER", self.stream.on_head, x.head(self.made))
        self.stream.on_head(x.head(self.made, epoch=2))

    def test_a_fork_is_seen_across_streams(self):
        seen = Checkpoints()
        other = x.Stream(x.descriptor(item="test.permit")).append(x.put(b"a"))
        self.holding(seen).on_head(x.head(self.made))
        self.refused("STREAM_FORKED", self.holding(seen, other).on_head, x.head(other))

    def test_layers(self):
        made, stream = self.made, self.stream
        stream.on_head(x.head(made))
        stream.on_entries(made.page(1, 6))
        self.refused("CLASS_WIDENED", stream.on_layers, made.layers(3, 1, 6, (1, 2)))
        stream.offer({1, 2, 3}, [f.CITY])
        self.assertEqual(stream.incomplete(0), [])  # not level, so nothing is missing yet
        self.refused("STREAM_GAP", stream.on_layers, made.layers(3, 1, 7, (1, 2)))
        good = made.layers(3, 1, 3, (1, 2))
        for bad in ({**good, "salts": f.flip(good["salts"])},
                    {**good, "contents": good["contents"][::-1], "salts": bytes(32)},
                    {**good, "seqs": [1, 3]}, {**good, "layer": 2},
                    {**made.layers(3, 1, 4, (1,)), "seqs": [4]}):
            self.refused("DIGEST_MISMATCH", stream.on_layers, bad)
        self.assertEqual(stream.on_layers(good), 2)
        self.assertEqual(stream.next_seq[3], 4)
        stream.on_layers(made.layers(3, 4, 6, ()))
        self.assertEqual(stream.next_seq[3], 7)
        self.assertIn(3, stream.entries[0]["shown"])
        stream.offer({1}, [f.CITY])
        self.assertEqual(set(stream.entries[0]["shown"]), {1})

    def test_what_is_incomplete(self):
        day = x.TIME_US // (86400 * 1000000)
        made = x.Stream().append(
            x.put(b"a"), x.put(b"b", share_until=day - 1), x.put(b"c", publish_until=day - 1),
            x.put(b"d"), x.put(b"e"), x.put(b"d", 2), x.tombstone(5))
        stream = self.holding(made=made)
        stream.on_head(x.head(made))
        stream.on_entries(made.page(1, 6, stubs=(1, 2, 3, 4)))
        self.assertEqual(stream.incomplete(day), [(1, 1), (1, 2), (3, 2)])
        self.assertEqual(stream.incomplete(day - 1), [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1),
                                                      (3, 2)])
        self.assertIn("shown", stream.entries[4])
        stream.on_entries(made.page(7, 7))
        self.assertNotIn("shown", stream.entries[4])  # the tombstone was carried out

    def test_an_erased_entry_needs_a_tombstone(self):
        self.stream.on_head(x.head(self.made))
        self.stream.on_entries(self.made.page(1, 6, erased=(2, 5)))
        self.assertEqual(self.stream.incomplete(0), [(2, 0)])


class SessionTest(Case):
    def setUp(self):
        registry = f.registry()
        self.trust = Trust(f.root(), f.NOW_US)
        self.trust.offer(registry, f.NOW_US)
        self.trust.offer(f.timestamp(registry), f.NOW_US)
        self.session = Session(f.PROVINCE, f.CITY, self.trust, Codes(f.PURPOSES, f.LEGAL_BASES),
                               "dpv:PublicService")
        self.session.begin(f.NOW_US)
        self.number, self.seen = 0, 0
        self.made = x.story()

    def give(self, name, values):
        self.number += 1
        self.session.receive(write_frame(name, values, self.number), f.NOW_US)

    def taken(self):
        """Frames that the session has sent since the last call."""
        reader = FrameReader()
        reader.feed(bytes(self.session.out))
        out = []
        while (frame := reader.next()) is not None:
            out.append((frame[0], read_payload(*frame)))
        self.seen, before = len(out), self.seen
        return out[before:]

    def hello(self, **change):
        self.give("HELLO", {"node": f.CITY, "versions": [1], "program": "test", "tick": 1,
                            "registry_version": 1, "timestamp_version": 1, "root_version": 1,
                            "policy_version": 1, "credit_bytes": CREDIT, "epoch": 1,
                            "ping_interval_ms": 1000, "time_us": f.NOW_US, **change})

    def subscribe(self, rules=(), given=()):
        self.hello()
        self.assertFalse(self.session.ready())
        for _, grant in given:
            self.give("DOCUMENT", {"document": grant})
        self.give("DOCUMENT", {"document": f.policy(rules, given)})
        self.assertTrue(self.session.ready())
        self.session.subscribe()

    def offer(self, layers=3, **change):
        self.give("OFFER", {"stream_descriptor": self.made.descriptor, "layers": layers,
                            "path": [f.CITY], "policy_version": 1, **change})

    def test_a_session(self):
        self.subscribe([f.rule("a")], [("g-1", f.grant())])
        self.offer(7)
        self.give("HEAD", x.head(self.made))
        page = self.made.page(1, 6, (1, 2, 3), erased=(5,))
        self.give("ENTRIES", page)
        stream = self.session.streams[self.made.stream_id]
        self.assertEqual((stream.tree.size, stream.incomplete(0)), (6, []))
        names = [name for name, _ in self.taken()]
        self.assertEqual(names, ["HELLO", "HELD", "SUBSCRIBE", "CREDIT"])
        self.give("BYE", {"reason": "SHUTDOWN"})
        self.assertEqual(self.session.ended, "BYE")
        self.refused("FRAME_ORDER", self.give, "PING", {})

    def test_credit(self):
        self.subscribe([f.rule("a")])
        self.offer()
        self.give("HEAD", x.head(self.made))
        page = self.made.page(1, 6)
        self.taken()
        self.give("ENTRIES", page)
        size = len(x.payload("ENTRIES", page)) + 12
        self.assertEqual(self.taken(), [("CREDIT", {"bytes": size})])
        self.assertEqual(self.session.credit, CREDIT)
        self.session.credit = 100
        self.refused("CREDIT_EXCEEDED", self.give, "ENTRIES", page)

    def test_hello(self):
        for code, change in (("PEER_KEY_MISMATCH", {"node": f.OTHER}),
                             ("PROTOCOL_VERSION", {"versions": [2]}),
                             ("FRAME_INVALID", {"credit_bytes": CREDIT - 1}),
                             ("FRAME_INVALID", {"credit_bytes": (256 << 20) + 1}),
                             ("FRAME_INVALID", {"ping_interval_ms": 999}),
                             ("FRAME_INVALID", {"ping_interval_ms": 60001})):
            self.setUp()
            self.refused(code, lambda: self.hello(**change))
            self.assertEqual(self.taken()[-1][1]["code"], code)

    def test_order(self):
        self.refused("FRAME_ORDER", self.give, "PING", {})
        for name, values in (("HELLO", {}), ("OFFER", {}), ("HEAD", {}), ("ENTRIES", {}),
                             ("LAYERS", {}), ("FILL", {}), ("RECEIPT", {})):
            self.setUp()
            self.hello()
            self.refused("FRAME_ORDER", self.give, name, values)

    def test_offers(self):
        audit = x.descriptor(kind=2, sharing_class=4)
        path = [f.CITY] * 7 + [f.OTHER, f.CITY]
        for code, layers, change in (
                ("CLASS_WIDENED", 4, {}), ("CLASS_WIDENED", 7, {}), ("FRAME_INVALID", 8, {}),
                ("NOT_CANONICAL", 3, {"stream_descriptor": self.made.descriptor[:-1]}),
                ("STREAM_UNKNOWN", 3, {"stream_descriptor": audit}),
                ("RELAY_REFUSED", 3, {"stream_descriptor": x.descriptor(f.OTHER)}),
                ("RELAY_REFUSED", 3, {"stream_descriptor": x.descriptor("spiffe://a/b")}),
                ("LOOP_DETECTED", 3, {"path": []}), ("LOOP_DETECTED", 3, {"path": [f.OTHER]}),
                ("LOOP_DETECTED", 3, {"path": [f.CITY, f.OTHER]}),
                ("LOOP_DETECTED", 3, {"path": [f.CITY, f.PROVINCE, f.CITY]}),
                ("LOOP_DETECTED", 3, {"path": path})):
            self.setUp()
            self.subscribe([f.rule("a")])
            self.refused(code, lambda: self.offer(layers, **change))

    def test_streams_that_were_not_offered(self):
        for layers in (None, 0):
            for name, values in (("HEAD", x.head(self.made)), ("ENTRIES", self.made.page(1, 6)),
                                 ("LAYERS", self.made.layers(2, 1, 1, (1,)))):
                self.setUp()
                self.subscribe([f.rule("a")])
                if layers is not None:
                    self.offer(layers)
                self.refused("STREAM_UNKNOWN", self.give, name, values)

    def test_documents(self):
        self.subscribe([f.rule("a")])
        stranger = f.sign(4, {**f.policy_body(), "origin": f.OTHER}, (12,))
        self.give("DOCUMENT", {"document": stranger})  # not the peer's own: noted, no more
        self.give("DOCUMENT", {"document": f.registry(2, signers=(4,))})
        self.assertEqual(self.session.refused, [(4, "THRESHOLD_MISSED"), (2, "THRESHOLD_MISSED")])
        self.give("DOCUMENT", {"document": f.policy(version=2)})
        self.refused("CLASS_WIDENED", self.offer)  # the new version allows nothing
        self.setUp()
        self.subscribe([f.rule("a")])
        self.refused("DOCUMENT_FORKED", self.give, "DOCUMENT", {"document": f.policy()})
        self.setUp()
        self.subscribe()
        self.refused("SIGNATURE_INVALID", self.give, "DOCUMENT", {"document": f.changed(
            f.policy(version=2), body=f.policy(version=3)["body"])})

    def test_a_grant_that_a_new_policy_no_longer_names(self):
        given = [("g-1", f.grant())]
        self.subscribe([f.rule("a")], given)
        self.offer(7)
        self.give("DOCUMENT", {"document": f.policy([f.rule("a")], version=2)})
        self.refused("CLASS_WIDENED", self.offer, 7)

    def test_alarm(self):
        self.subscribe([f.rule("a")])
        self.offer()
        self.give("HEAD", x.head(self.made, 2))
        bad = x.head(self.made, 3, size=5)
        self.refused("STREAM_SHRUNK", self.give, "HEAD", bad)
        alarm, refusal = self.taken()[-2:]
        self.assertEqual((alarm[0], alarm[1]["code"]), ("ALARM", "STREAM_SHRUNK"))
        self.assertEqual((refusal[0], refusal[1]["code"]), ("REFUSAL", "STREAM_SHRUNK"))

    def test_receipt_and_countersignature(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "key.der"
            path.write_bytes(f.key(11).der)
            signer = Signer(str(path), "SHA256_ED25519")
            self.assertEqual(signer.key_id, f.key(11).key_id)
            self.session.signer = signer
            self.subscribe([f.rule("a")])
            self.offer()
            self.give("HEAD", x.head(self.made))
            self.give("ENTRIES", self.made.page(1, 6))
            self.taken()
            self.session.receipt(f.NOW_US)
            log = x.Stream(x.descriptor(kind=2, sharing_class=4))
            log.leaves = [x.h(b"\x00" + bytes([i])) for i in range(3)]
            self.give("AUDIT_HEAD", {"head": x.head(log, 1, batch=b"f" * 32)})
            self.give("AUDIT_HEAD", {"head": x.head(log, 1, batch=b"f" * 32)})  # it missed ours
        (_, receipt), (_, statement), (_, again) = self.taken()
        self.assertEqual(statement, again)
        member = f.registry_body()["members"][1]
        self.assertEqual(check_receipt(member, receipt)["policy_version"], 1)
        self.assertEqual(receipt["items"][0]["next_seqs"], [7, 7, 0])
        self.assertEqual(check_countersignature(member, **{
            "data": statement["body"], "signature": statement["signature"]})["size"], 3)


class WireTest(Case):
    def test_lenient_and_strict(self):
        hello = MESSAGES["HELLO"]
        for data in (b"\x08\x01", b"\x0f", b"\x0a\x02a", b"\xa2\x06\x00", b"\x0a\x01\xff"):
            with self.assertRaises(FormatError):
                decode_any(hello, data)

    def test_the_tree_is_that_of_the_sample(self):
        tree = Tree(S1)
        for i, leaf in enumerate(self.stream_leaves(), 1):
            tree.append(leaf)
            self.assertEqual(tree.root(), x.tree_hash(x.h, self.stream_leaves()[:i]))

    def stream_leaves(self):
        return x.story().leaves

    def test_bits(self):
        self.assertEqual([bits(n) for n in (0, 1, 5, 7)], [set(), {1}, {1, 3}, {1, 2, 3}])


if __name__ == "__main__":
    unittest.main()
