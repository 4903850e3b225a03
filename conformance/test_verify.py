"""Every damage to a small export is found. Run: python3 conformance/test_verify.py"""

import base64
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from export import ExportChecker  # noqa: E402
from sample import SPLIT, Sample, b64, encode  # noqa: E402
from vector_files import check_folder  # noqa: E402


def check(lines, level=3):
    checker = ExportChecker(level)
    checker.run(lines if lines and isinstance(lines[0], bytes) else encode(lines))
    return checker


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.sample = Sample(1, cls.folder.name).build()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.lines = copy.deepcopy(self.sample.lines)

    def of(self, kind):
        return [i for i, line in enumerate(self.lines) if line["type"] == kind]

    def found(self, level=3):
        checker = check(self.lines, level)
        self.assertTrue(checker.failures, "the damage was not found")
        return "\n".join(checker.failures)

    def test_the_undamaged_export_of_every_suite(self):
        for suite in SPLIT:
            with tempfile.TemporaryDirectory() as folder:
                for level in (1, 2, 3):
                    checker = check(Sample(suite, folder).build().lines, level)
                    self.assertEqual(checker.failures, [], f"suite {suite}, level {level}")
                    self.assertEqual(checker.entries, 11)

    def test_a_flipped_bit_in_every_byte_string(self):
        keys = [("node", "public_key"), ("stream", "descriptor"), ("entry", "header"),
                ("entry", "leaf_hash"), ("audit_event", "event"), ("head_proof", "nonce"),
                ("checkpoint", "body"), ("checkpoint", "signature")]
        for kind, key in keys:
            for i in self.of(kind):
                if key not in self.lines[i]:
                    continue
                data = base64.b64decode(self.lines[i][key])
                for at in sorted({0, len(data) // 2, len(data) - 1}):
                    with self.subTest(kind=kind, key=key, line=i + 1, byte=at):
                        self.setUp()
                        bad = bytearray(data)
                        bad[at] ^= 1
                        self.lines[i][key] = b64(bytes(bad))
                        self.found()

    def test_a_flipped_bit_in_every_layer(self):
        for i in self.of("entry"):
            for k, layer in enumerate(self.lines[i].get("layers", [])):
                for key in layer:
                    data = bytearray(base64.b64decode(layer[key]))
                    if not data:
                        continue
                    with self.subTest(line=i + 1, layer=k, key=key):
                        self.setUp()
                        data[-1] ^= 1
                        self.lines[i]["layers"][k][key] = b64(bytes(data))
                        self.assertIn("root", self.found(level=1))

    def test_a_flipped_bit_in_every_path(self):
        for i in self.of("head_proof"):
            for k in range(len(self.lines[i]["path"])):
                self.setUp()
                data = bytearray(base64.b64decode(self.lines[i]["path"][k]))
                data[3] ^= 4
                self.lines[i]["path"][k] = b64(bytes(data))
                self.assertIn("does not lead to the root", self.found(level=2))

    def test_every_number_changed(self):
        for i, line in enumerate(self.sample.lines):
            for key, value in line.items():
                if type(value) is int:
                    for other in (value + 1, max(value - 1, 0), -1, True, "1", 1.0, 1 << 63):
                        if other == value and type(other) is int:
                            continue
                        with self.subTest(line=i + 1, key=key, value=other):
                            self.setUp()
                            self.lines[i][key] = other
                            self.found()

    def test_every_line_dropped(self):
        for i in range(len(self.lines)):
            with self.subTest(line=i + 1):
                self.setUp()
                del self.lines[i]
                self.found()

    def test_every_line_doubled(self):
        for i in range(len(self.lines)):
            with self.subTest(line=i + 1):
                self.setUp()
                self.lines.insert(i, self.lines[i])
                self.found()

    def test_neighbouring_entries_swapped(self):
        for i in self.of("entry") + self.of("audit_event"):
            with self.subTest(line=i + 1):
                self.setUp()
                self.lines[i], self.lines[i + 1] = self.lines[i + 1], self.lines[i]
                self.found()

    def test_entries_swapped_with_their_numbers(self):
        one, two = self.of("entry")[:2]
        self.lines[one], self.lines[two] = self.lines[two], self.lines[one]
        self.lines[one]["seq"], self.lines[two]["seq"] = 1, 2
        self.assertIn("root", self.found(level=1))

    def test_layers_swapped(self):
        entry = self.lines[self.of("entry")[2]]
        entry["layers"][0], entry["layers"][1] = entry["layers"][1], entry["layers"][0]
        self.assertIn("root", self.found(level=1))

    def test_a_layer_too_many_or_too_few(self):
        entry = self.lines[self.of("entry")[0]]
        entry["layers"].append(entry["layers"][0])
        self.assertIn("three layers", self.found(level=1))
        del entry["layers"][2:]
        self.assertIn("three layers", self.found(level=1))

    def test_content_and_hash_in_one_layer(self):
        layer = self.lines[self.of("entry")[0]]["layers"][0]
        layer["hash"] = b64(bytes(32))
        self.assertIn("neither salt and content nor a hash", self.found(level=1))

    def test_salt_lengthened_by_the_first_byte_of_the_content(self):
        layer = self.lines[self.of("entry")[0]]["layers"][0]
        salt, content = (base64.b64decode(layer[k]) for k in ("salt", "content"))
        layer["salt"], layer["content"] = b64(salt + content[:1]), b64(content[1:])
        self.assertIn("salt has a wrong size", self.found(level=1))

    def test_another_key(self):
        with tempfile.TemporaryDirectory() as folder:
            other = Sample(1, folder).build()
        self.lines[0]["public_key"] = other.lines[0]["public_key"]
        self.assertIn("names another key", self.found(level=2))

    def test_the_signature_of_another_key(self):
        with tempfile.TemporaryDirectory() as folder:
            other = Sample(1, folder).build()
        mine, theirs = self.lines[self.of("checkpoint")[0]], other.lines[-2]
        mine["signature"] = theirs["signature"]
        self.assertIn("signature does not verify", self.found(level=2))

    def test_another_suite_or_origin_or_format(self):
        for key, value, why in (("suite", "SHA256_ECDSA_P256", "descriptor"),
                                ("suite", "SM3_SM2", "not known"),
                                ("origin", "spiffe://other.example/xx", "origin"),
                                ("format", 2, "not known")):
            self.setUp()
            self.lines[0][key] = value
            self.assertIn(why, self.found())

    def test_truncated(self):
        raw = encode(self.lines)
        for cut in range(len(raw)):
            self.assertTrue(check(raw[:cut]).failures)
        whole = b"".join(raw)
        for size in range(len(whole) - 1, len(whole) - 200, -1):
            parts = whole[:size].splitlines(keepends=True)
            self.assertIn("truncated", "\n".join(check(parts).failures))

    def test_keys_unknown_missing_or_twice(self):
        self.lines[1]["note"] = "x"
        self.assertIn("keys of a stream line", self.found())
        self.setUp()
        del self.lines[2]["seq"]
        self.assertIn("keys of a entry line", self.found())
        raw = encode(self.sample.lines)
        raw[-1] = raw[-1].replace(b'"type"', b'"streams": 3, "type"')
        self.assertIn("twice", "\n".join(check(raw).failures))

    def test_lines_that_are_no_json_objects(self):
        for bad in (b"\n", b"{}\n", b"[]\n", b"null\n", b"{\n", b"\xff\n", b'{"type":3}\n',
                    b"[" * 100000 + b"\n", b'{"type":"more"}\n'):
            raw = encode(self.sample.lines)
            raw.insert(3, bad)
            self.assertTrue(check(raw).failures)
            self.assertTrue(check([bad]).failures)

    def test_base64_and_hex_in_another_form(self):
        for i, key, value in ((1, "root", self.lines[1]["root"].upper()),
                              (1, "stream_id", "zz" + self.lines[1]["stream_id"][2:]),
                              (2, "header", self.lines[2]["header"] + "\n"),
                              (2, "header", "***")):
            self.setUp()
            self.lines[i][key] = value
            self.found()


class MeaningTest(unittest.TestCase):
    """Exports whose hashes and signature are right and that still must not pass level 3."""

    def build(self, change):
        with tempfile.TemporaryDirectory() as folder:
            sample = Sample(1, folder)
            change(sample)
            return sample.build().lines

    def refused(self, change, why):
        lines = self.build(change)
        self.assertEqual(check(lines, level=2).failures, [])
        self.assertIn(why, "\n".join(check(lines).failures))

    def swap_entries(self, first):
        """The same sample with the first stream's entries replaced."""
        def change(sample):
            real, done = sample.stream, []

            def stream(described, entries):
                real(described, entries if done else first(entries))
                done.append(1)
            sample.stream = stream
        return change

    def test_stub_that_nothing_explains(self):
        self.refused(self.swap_entries(lambda e: e[:2] + e[3:4] + e[3:5] + e[5:]),
                     "entry 2 is a stub that nothing explains")

    def test_erased_entry_that_nothing_explains(self):
        self.refused(self.swap_entries(lambda e: e[:-1]), "entry 4 is erased")

    def test_tombstone_over_content_that_is_still_there(self):
        self.refused(self.swap_entries(lambda e: e[:3] + [e[3][:3]] + e[4:]),
                     "entry 4 has content although")

    def test_stub_whose_dates_have_not_ended(self):
        from sample import record_header
        self.refused(self.swap_entries(
            lambda e: e[:4] + [(1, record_header(b"d", 1, 20000), e[4][2], "stub")] + e[5:]),
            "entry 5 is a stub")

    def test_version_that_does_not_rise(self):
        self.refused(self.swap_entries(lambda e: e[:2] + [e[2], e[3], e[4], e[2]] + e[5:]),
                     "does not rise")

    def test_header_that_is_not_canonical(self):
        self.refused(self.swap_entries(lambda e: [(1, e[0][1] + b"\x70\x01", e[0][2])] + e[1:]),
                     "has no field 14")

    def test_tombstone_that_names_itself(self):
        from sample import TIME_US, number, text
        self.refused(self.swap_entries(
            lambda e: e[:6] + [(3, text(1, b"\x04\x07") + number(2, TIME_US))]), "numbers do not")

    def test_layer_more_open_than_the_class(self):
        def change(sample):
            real = sample.stream

            def stream(described, entries):
                if len(entries) == 2:
                    entries = [(1, entries[0][1], ("leak", "", "secret")), entries[1]]
                real(described, entries)
            sample.stream = stream
        self.refused(change, "more open than the stream's class")

    def test_unsorted_fields_and_control_characters(self):
        import sample as module
        real = module.layer
        try:
            for bad in (b"\x0a\x06\x0a\x01b\x12\x01x\x0a\x06\x0a\x01a\x12\x01x",
                        b"\x0a\x06\x0a\x01b\x12\x01\x07", b"\x0a\x03\x0a\x01b", b"\x0a\x00",
                        b"\x0a\x05\x0a\x01B\x18\x02"):
                module.layer = lambda value, bad=bad: bad if value == "one" else real(value)
                lines = self.build(lambda s: None)
                self.assertEqual(check(lines, level=2).failures, [])
                self.assertTrue(check(lines).failures, bad)
        finally:
            module.layer = real


class CommandTest(unittest.TestCase):
    def run_verify(self, *args):
        return subprocess.run([sys.executable, str(HERE / "verify.py"), *args],
                              capture_output=True, text=True, check=False)

    def test_exit_codes_and_table(self):
        with tempfile.TemporaryDirectory() as folder:
            sample = Sample(1, folder).build()
            path = pathlib.Path(folder) / "export.jsonl"
            path.write_bytes(b"".join(encode(sample.lines)))
            good = self.run_verify("export", str(path))
            self.assertEqual(good.returncode, 0, good.stdout)
            self.assertIn("3 streams, 11 entries", good.stdout)
            path.write_bytes(b"".join(encode(sample.lines[:-1])))
            bad = self.run_verify("export", str(path))
            self.assertEqual(bad.returncode, 1)
            self.assertIn("truncated", bad.stdout)
            self.assertEqual(self.run_verify("export", str(path) + ".absent").returncode, 2)
            self.assertEqual(self.run_verify("nonsense").returncode, 2)
            path.write_bytes(b"")
            self.assertEqual(self.run_verify("export", str(path)).returncode, 1)
            self.assertEqual(self.run_verify("vectors", folder).returncode, 1)
            path.write_bytes(b"{}")
            self.assertEqual(self.run_verify("proof", str(path)).returncode, 1)


class VectorTest(unittest.TestCase):
    def test_every_vector_behaves_as_it_says(self):
        good, failures = check_folder(HERE / "vectors")
        self.assertEqual(failures, [])
        self.assertGreater(good, 100)

    def test_more_negative_than_positive_in_every_folder(self):
        for folder in sorted(p for p in (HERE / "vectors").iterdir() if p.is_dir()):
            valid = [json.loads(p.read_text())["valid"] for p in sorted(folder.glob("*.json"))]
            self.assertGreater(valid.count(False), valid.count(True), folder.name)

    def test_a_vector_turned_round_is_found(self):
        path = HERE / "vectors" / "record" / "entry-valid-retract.json"
        vector = json.loads(path.read_text())
        with tempfile.TemporaryDirectory() as folder:
            vector["valid"] = False
            (pathlib.Path(folder) / "v.json").write_text(json.dumps(vector))
            self.assertEqual(check_folder(folder)[0], 0)


if __name__ == "__main__":
    unittest.main()
