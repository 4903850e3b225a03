"""What is held against what may be held: each kind of too much and too little is found."""

import base64
import copy
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from export import ExportChecker  # noqa: E402
from holdings import Comparison, Held  # noqa: E402
from sample import (ORIGIN, TIME_US, Sample, b64, encode, layer, number,  # noqa: E402
                    record_header, text)

HOLDER = "spiffe://federation.example/holder"


class HoldingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.sample = Sample(1, folder).build()

    def setUp(self):
        self.lines = copy.deepcopy(self.sample.lines)
        self.lines[0]["holder"] = HOLDER

    def entry(self, stream, seq):
        """The line of an entry; streams of the sample: 0 PUBLIC, 1 LIMITED."""
        ids = [line["stream_id"] for line in self.lines if line["type"] == "stream"]
        return [line for line in self.lines if line["type"] == "entry"
                and line["stream"] == ids[stream] and line["seq"] == seq][0]

    def hide(self, stream, seq, layers):
        copies = self.entry(stream, seq)["layers"]
        for number in layers:
            whole = copies[number - 1]
            if "salt" in whole:
                copies[number - 1] = {"hash": b64(self.sample.tagged(
                    b"TBL1", bytes([number]), base64.b64decode(whole["salt"]),
                    base64.b64decode(whole["content"])))}

    def drop_stream(self, stream):
        ids = [line["stream_id"] for line in self.lines if line["type"] == "stream"]
        gone = ids[stream]
        self.lines = [line for line in self.lines
                      if gone not in (line.get("stream_id"), line.get("stream"))]

    def compare(self, may):
        return Comparison(Held(encode(self.sample.lines)), Held(encode(self.lines)),
                          lambda descriptor, _: may(descriptor["sharing_class"]))

    def test_everything_permitted_and_held(self):
        found = self.compare(lambda _: {1, 2, 3})
        self.assertEqual((found.extra, found.missing), ([], []), str(found))
        self.assertEqual(found.entries, 9)
        self.assertEqual(found.layers[("test.penalty", 3)], 2)
        self.assertIn(f"{HOLDER} of {ORIGIN}: 9 entries", str(found))

    def test_only_what_is_permitted(self):
        self.drop_stream(1)
        for seq in (1, 3):
            self.hide(0, seq, (2, 3))
        found = self.compare(lambda sharing_class: {1} if sharing_class == 1 else set())
        self.assertEqual((found.extra, found.missing), ([], []), str(found))

    def test_a_layer_too_many(self):
        self.drop_stream(1)
        self.hide(0, 1, (2, 3))
        self.hide(0, 3, (3,))
        found = self.compare(lambda sharing_class: {1} if sharing_class == 1 else set())
        self.assertEqual(found.extra, ["test.inspection class 1, entry 3: layer 2"])
        self.assertEqual(found.missing, [])

    def test_a_layer_too_few_of_a_current_record(self):
        self.hide(0, 3, (2,))
        found = self.compare(lambda _: {1, 2, 3})
        self.assertEqual(found.missing, ["test.inspection class 1, entry 3: layer 2"])
        self.assertEqual(found.extra, [])

    def test_a_former_version_may_be_a_stub(self):
        self.hide(0, 1, (1, 2, 3))  # its record was retracted
        found = self.compare(lambda _: {1, 2, 3})
        self.assertEqual((found.extra, found.missing), ([], []), str(found))

    def test_a_stream_too_many_and_one_too_few(self):
        found = self.compare(lambda sharing_class: {1, 2, 3} if sharing_class == 1 else set())
        self.assertEqual(found.extra, ["test.penalty class 3: the whole stream of 2 entries"])
        self.drop_stream(1)
        found = self.compare(lambda _: {1, 2, 3})
        self.assertEqual(found.missing, ["test.penalty class 3: entries 1 to 2"])

    def test_other_content_and_another_header(self):
        self.entry(0, 3)["layers"][0]["content"] = b64(layer("other"))
        self.entry(0, 1)["header"] = b64(record_header(b"z", 1))
        found = self.compare(lambda _: {1, 2, 3})
        self.assertEqual(len(found.extra), 1, str(found))
        self.assertIn("other content", found.extra[0])
        self.assertEqual(found.missing, ["test.inspection class 1, entry 1: its header"])

    def test_what_its_origin_has_erased(self):
        line = self.entry(0, 4)
        del line["leaf_hash"]
        line.update(entry_type="PUT", header=b64(record_header(b"c", 1)),
                    layers=[{"salt": b64(bytes(16)), "content": ""}] * 3)
        self.assertIn("erased", self.compare(lambda _: {1, 2, 3}).extra[0])


class HolderTest(unittest.TestCase):
    """The verifier on what a holder exports."""

    def check(self, lines):
        checker = ExportChecker(3)
        checker.run(encode(lines))
        return checker.failures

    def test_a_holder_is_named_and_is_another(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = Sample(1, folder).build().lines
        self.assertEqual(self.check([{**lines[0], "holder": HOLDER}] + lines[1:]), [])
        self.assertIn("the holder is the origin itself",
                      "\n".join(self.check([{**lines[0], "holder": ORIGIN}] + lines[1:])))
        self.assertTrue(self.check([{**lines[0], "holder": 1}] + lines[1:]))

    def test_the_end_of_the_public_layer_explains_a_stub_to_a_holder_only(self):
        for header in (self.header(state=6), self.header(publish_until=19999)):
            for holder, want in ((HOLDER, 0), (None, 1)):
                with tempfile.TemporaryDirectory() as folder:
                    lines = self.build(folder, header)
                if holder:
                    lines[0]["holder"] = holder
                found = [text for text in self.check(lines) if "nothing explains" in text]
                self.assertEqual(len(found), want, (header, found))

    def header(self, state=1, publish_until=None):
        out = text(1, b"d" * 16) + number(2, 1) + number(3, 4) + number(4, 4) + number(5, state)
        if publish_until is not None:
            out += number(10, publish_until << 1)
        return out + number(12, TIME_US)

    def build(self, folder, header):
        sample = Sample(1, folder)
        real = sample.stream

        def stream(described, entries):
            sample.stream = real
            real(described, entries[:4] + [(1, header, ("x", "", ""), "stub")] + entries[5:])
        sample.stream = stream
        return sample.build().lines


if __name__ == "__main__":
    unittest.main()
