"""Audit heads, countersignatures, trails and receipts."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import audit  # noqa: E402
import exchange_sample as x  # noqa: E402
import federation_sample as f  # noqa: E402
import receipt  # noqa: E402
from ledger import SUITES  # noqa: E402
from messages import AUDIT_EVENT  # noqa: E402
from test_registry import Case  # noqa: E402
from wire import FormatError, encode  # noqa: E402

PAGES = pathlib.Path(__file__).resolve().parent.parent / "docs/formats"
S1 = SUITES[1]
XX, YY = "spiffe://federation.example/xx", "spiffe://federation.example/yy"
ROOT = bytes(range(0x82, 0xA2))
STREAM = bytes(range(2, 34))


def page_text(name):
    return (PAGES / name).read_text(encoding="utf-8").replace("\n", "").replace(" ", "")


def member(spiffe_id, number):
    return {"id": spiffe_id, "signing_keys": [f.key(number).public], "epoch_min": 1}


def statement(**change):
    return {"suite": 1, "witness": YY, "node": XX, "stream_id": STREAM, "epoch": 1, "tick": 42,
            "size": 2001, "root": ROOT, "from_size": 1990, "time_us": 1767225600000000,
            "key_id": f.key(7).key_id, **change}


def events(count):
    return [encode(AUDIT_EVENT, {"type": 9, "at_us": i, "actor": "operator", "outcome": "OK",
                                 "count": i}) for i in range(count)]


def log(count):
    made = x.Stream(x.descriptor(kind=2, sharing_class=4))
    made.leaves = [x.h(b"\x00" + event) for event in events(count)]
    return made


class CountersignatureTest(Case):
    def test_the_page(self):
        body = audit.encode_countersignature(statement())
        text = page_text("audit_head.md")
        self.assertIn(body.hex(), text)
        signature = f.key(7).sign(body)
        self.assertIn(signature.hex(), text)
        self.assertEqual(audit.decode_countersignature(body), statement())
        self.assertEqual(audit.check_countersignature(member(YY, 7), body, signature), statement())

    def test_hashes_of_48_bytes(self):
        long = statement(stream_id=bytes(48), root=b"r" * 48)
        self.assertEqual(audit.decode_countersignature(audit.encode_countersignature(long)), long)

    def test_form(self):
        good = audit.encode_countersignature(statement())
        for bad in (b"", good[:-1], good + b"\0", b"TBR1" + good[4:], f.flip(good, 4),
                    good[:4] + b"\x04" + good[5:], good + bytes(16)):
            with self.assertRaises(FormatError):
                audit.decode_countersignature(bad)
        for change in ({"witness": ""}, {"node": "n" * 256}, {"epoch": 0}, {"tick": 0},
                       {"size": 0, "from_size": 0},
                       {"from_size": 2002}):
            with self.assertRaises(FormatError, msg=change):
                audit.decode_countersignature(audit.encode_countersignature(statement(**change)))
        raw = good.replace(b"/yy", b"/\xff\xfe")
        with self.assertRaises(FormatError):
            audit.decode_countersignature(raw)

    def test_signature(self):
        body = audit.encode_countersignature(statement())
        signature = f.key(7).sign(body)
        check = audit.check_countersignature
        self.refused("SIGNATURE_INVALID", check, member(YY, 7), body, f.flip(signature))
        self.refused("SIGNATURE_INVALID", check, member(YY, 7), body, signature[:-1])
        self.refused("SIGNATURE_INVALID", check, member(YY, 11), body, signature)
        self.refused("SIGNATURE_INVALID", check, member(XX, 7), body, signature)
        self.refused("SIGNATURE_INVALID", check, member(YY, 7),
                     audit.encode_countersignature(statement(tick=43)), signature)
        self.refused("SIGNATURE_INVALID", check, member(YY, 7), body, f.key(11).sign(body))
        two = audit.encode_countersignature(statement(suite=2))
        self.refused("SIGNATURE_INVALID", check, member(YY, 7), two, f.key(7).sign(two))


class WitnessTest(Case):
    def setUp(self):
        self.witness = audit.Witness(member(f.CITY, 12))

    def head(self, size, from_size=0, tick=1, epoch=1, of=None, **change):
        made = of or log(size)
        return {"head": x.head(made, tick, epoch), "from_size": from_size,
                "path": x.path(from_size, made.leaves), **change}

    def test_growth(self):
        seen = 0
        for tick, size in enumerate((3, 3, 8, 9), 1):
            got = self.witness.accept(self.head(size, seen, tick))
            self.assertEqual((got["size"], got["tick"]), (size, tick))
            seen = size
        self.assertEqual(self.witness.accept(self.head(12, 9, 1, 2))["epoch"], 2)

    def test_refusals(self):
        self.witness.accept(self.head(5, 0, 2))
        last = dict(self.witness.last)
        other = log(0)
        other.leaves = [x.h(b"\x00other" + bytes([i])) for i in range(7)]
        same = log(0)
        same.leaves = other.leaves[:5]
        grown = log(7)
        for code, bad in (
                ("STREAM_SHRUNK", self.head(4, 5, 3, path=[])),
                ("STREAM_FORKED", self.head(5, 5, 3, of=same)),
                ("PROOF_INVALID", self.head(7, 5, 3, of=other)),
                ("PROOF_INVALID", self.head(7, 5, 3, path=[])),
                ("PROOF_INVALID", self.head(7, 5, 3, path=x.path(5, grown.leaves) + [bytes(32)])),
                ("PROOF_INVALID", self.head(7, 4, 3)), ("PROOF_INVALID", self.head(7, 0, 3)),
                ("PROOF_INVALID", self.head(7, 5, 1)),  # a lower tick
                ("PROOF_INVALID", {**self.head(7, 5, 3), "head": x.head(x.story(), 3)}),
                ("SIGNATURE_INVALID", {**self.head(7, 5, 3), "head": x.head(grown, 3, signer=13)}),
                ("SIGNATURE_INVALID", {**self.head(7, 5, 3),
                                       "head": x.head(grown, 3, origin=f.OTHER)}),
                ("PROOF_INVALID", self.head(0, 5, 3, path=[])), ("SIGNATURE_INVALID", {})):
            self.refused(code, self.witness.accept, bad)
            self.assertEqual(self.witness.last, last)
        self.witness.accept(self.head(7, 5, 1, 2))
        self.refused("EPOCH_LOWER", self.witness.accept, self.head(8, 7, 9, 1))

    def test_the_first_head_needs_no_path(self):
        self.refused("PROOF_INVALID", self.witness.accept, self.head(5, path=[bytes(32)]))


class TrailTest(Case):
    def seen(self, size, **change):
        made = log(size)
        return statement(node=f.CITY, stream_id=made.stream_id, size=size, root=made.root(),
                         from_size=0, **change)

    def check(self, count, *statements, of=None):
        return audit.check_trail(S1, f.CITY, of or events(count), statements)

    def test_sound(self):
        self.assertEqual(self.check(9, self.seen(0), self.seen(4), self.seen(9), self.seen(4)), 4)

    def test_damages(self):
        self.refused("STREAM_SHRUNK", self.check, 8, self.seen(9))
        self.refused("PROOF_INVALID", self.check, 9, {**self.seen(4), "node": XX})
        self.refused("PROOF_INVALID", self.check, 9, {**self.seen(4), "stream_id": STREAM})
        whole = events(9)
        for damaged in (whole[1:], whole[:1] + whole[2:], [whole[1], whole[0]] + whole[2:],
                        [events(12)[11]] + whole[1:]):
            with self.assertRaises(FormatError):
                audit.check_trail(S1, f.CITY, damaged, [self.seen(4), self.seen(9)])
        later = whole[:4] + [events(12)[11]] + whole[5:]
        self.assertEqual(audit.check_trail(S1, f.CITY, later, [self.seen(4)]), 1)
        self.refused("STREAM_FORKED", audit.check_trail, S1, f.CITY, later, [self.seen(9)])
        with self.assertRaises(FormatError):
            audit.check_trail(S1, f.CITY, [whole[0] + b"\x50\x00"], [])


class FeedsTest(unittest.TestCase):
    """Disclosures lie within open feeds."""

    def take(self, kind, first, last, layers=1, **change):
        self.feeds.take({"type": kind, "outcome": "OK", "peer": YY, "correlation_id": bytes(16),
                         "layers": layers, **change,
                         "ranges": [{"stream_id": STREAM, "first_seq": first, "last_seq": last}]})

    def setUp(self):
        self.feeds = audit.Feeds()

    def test_within(self):
        self.take(audit.FEED_OPENED, 5, 0, 3)
        self.take(audit.RECORDS_DISCLOSED, 5, 900, 2)
        self.take(audit.FEED_CLOSED, 5, 900, 3)
        self.assertEqual((self.feeds.disclosed, self.feeds.open), (1, {}))

    def test_outside(self):
        disclosed = audit.RECORDS_DISCLOSED
        self.assertRaises(FormatError, self.take, disclosed, 5, 6)
        self.take(audit.FEED_OPENED, 5, 8, 1, outcome="NOT_PERMITTED")
        self.assertRaises(FormatError, self.take, disclosed, 5, 6)
        self.take(audit.FEED_OPENED, 5, 8, 1)
        for bad in ((4, 6), (5, 9), (5, 6, 3)):
            self.assertRaises(FormatError, self.take, disclosed, *bad)
        for other in ({"peer": XX}, {"correlation_id": bytes(15) + b"x"}):
            self.assertRaises(FormatError, self.take, disclosed, 5, 6, **other)
        self.take(audit.FEED_CLOSED, 5, 8, 1)
        self.assertRaises(FormatError, self.take, disclosed, 5, 6)


ITEM = {"stream_id": STREAM, "size": 2001, "root": ROOT, "next_seqs": [2002, 2002, 0]}


def signed(items=(ITEM,), key=7, **change):
    body = receipt.encode_body({
        "suite": 1, "subscriber": YY, "publisher": XX, "number": 5, "time_us": 1767225600000000,
        "key_id": f.key(7).key_id, "registry_version": 3, "policy_version": 7,
        "items_digest": receipt.items_digest(S1, items), **change})
    return {"body": body, "items": list(items), "signature": f.key(key).sign(body)}


class ReceiptTest(Case):
    def setUp(self):
        self.publisher = receipt.Publisher(XX, member(YY, 7), {
            STREAM: {"size": 2100, "roots": {2001: ROOT}}})
        self.publisher.number = 4

    def test_the_page(self):
        text, good = page_text("receipt.md"), signed()
        for data in (encode(receipt.ITEM, ITEM), receipt.items_digest(S1, [ITEM]), good["body"],
                     good["signature"]):
            self.assertIn(data.hex(), text)
        body = receipt.check_receipt(member(YY, 7), good)
        self.assertEqual((body["number"], body["policy_version"]), (5, 7))
        self.publisher.accept(good)
        self.publisher.accept(signed((), number=6))

    def test_form(self):
        other = {**ITEM, "stream_id": bytes(32)}
        for items in ((ITEM, other), (ITEM, ITEM), ({**ITEM, "root": b""},),
                      ({**ITEM, "stream_id": b"x"},), ({**ITEM, "next_seqs": [1, 1]},),
                      ({**ITEM, "next_seqs": [2003, 0, 0]},)):
            self.refused("NOT_CANONICAL", self.publisher.accept, signed(items))
        good = signed()
        for body in (b"", good["body"][:-1], good["body"] + b"\0", b"TBW1" + good["body"][4:],
                     f.flip(good["body"], 6)):
            self.refused("NOT_CANONICAL", self.publisher.accept, {**good, "body": body})
        self.refused("NOT_CANONICAL", self.publisher.accept, signed(number=0))
        many = tuple({**ITEM, "stream_id": i.to_bytes(32, "big")} for i in range(20001))
        self.refused("LIMIT_EXCEEDED", self.publisher.accept, signed(many))

    def test_signature(self):
        good = signed()
        self.refused("SIGNATURE_INVALID", self.publisher.accept,
                     {**good, "signature": f.flip(good["signature"])})
        self.refused("SIGNATURE_INVALID", self.publisher.accept, signed(key=11))
        self.refused("SIGNATURE_INVALID", self.publisher.accept, signed(subscriber=XX))
        self.refused("SIGNATURE_INVALID", self.publisher.accept,
                     signed(key=11, key_id=f.key(11).key_id))
        self.refused("DIGEST_MISMATCH", self.publisher.accept,
                     {**good, "items": [{**ITEM, "size": 2002}]})
        self.refused("DIGEST_MISMATCH", self.publisher.accept, {**good, "items": []})

    def test_what_the_publisher_checks(self):
        accept = self.publisher.accept
        self.refused("INVALID_ARGUMENT", accept, signed(publisher=YY))
        for number in (3, 4):
            self.refused("INVALID_ARGUMENT", accept, signed(number=number))
        self.refused("STREAM_UNKNOWN", accept, signed(({**ITEM, "stream_id": bytes(32)},)))
        self.refused("INVALID_ARGUMENT", accept, signed(({**ITEM, "size": 2101},)))
        self.refused("STREAM_FORKED", accept, signed(({**ITEM, "root": bytes(32)},)))
        self.assertEqual(self.publisher.number, 4)
        accept(signed())
        less = {**ITEM, "size": 2000, "next_seqs": [2001, 2001, 0]}
        self.refused("INVALID_ARGUMENT", accept, signed((less,), number=6))
        accept(signed(({**ITEM, "size": 0, "next_seqs": [0, 0, 0]},), number=8))  # dropped; 7 lost


if __name__ == "__main__":
    unittest.main()
