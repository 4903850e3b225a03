"""No include crosses a border that docs/layers.txt does not open."""
import unittest

import layers
from tree import ROOT, SourceFile, read_exceptions, read_tree, without_excepted

TABLE = """
# name layer kind : ours | libraries
schemas       0 P  : | google/protobuf
gateway/base  1 P  : | absl
gateway/mid   2 P  : gateway/base schemas | absl boost/json
gateway/disk  3 IO : gateway/base gateway/mid | absl sqlite3
"""


def edge(path, include):
    """What the checks say of one file with one include."""
    table = layers.parse_table(TABLE)
    found = layers.include_findings([SourceFile(path, f"#include {include}\n")], table)
    return found[0].text if found else ""


class RealTree(unittest.TestCase):
    def setUp(self):
        self.table = layers.parse_table((ROOT / "docs/layers.txt").read_text(encoding="utf-8"))
        self.files = read_tree()

    def expect_none(self, findings):
        text = (ROOT / "tests/tidy/exceptions.txt").read_text(encoding="utf-8")
        left = without_excepted(findings, read_exceptions(text), set())
        self.assertFalse(left, "\n" + "\n".join(map(str, left)))

    def test_table_goes_one_way(self):
        self.assertGreater(len(self.table), 10)
        self.expect_none(layers.table_findings(self.table))

    def test_every_include_is_in_the_table(self):
        self.expect_none(layers.include_findings(self.files, self.table))

    def test_no_headers_in_a_circle(self):
        self.expect_none(layers.cycle_findings(self.files))

    def test_every_folder_of_the_table_exists(self):
        for name in self.table:
            self.assertTrue((ROOT / name).is_dir(), name)


class Bites(unittest.TestCase):
    def test_allowed(self):
        for path, include in (
                ("gateway/mid/a.cc", '"gateway/base/b.h"'), ("gateway/mid/a.cc",
                                                             '"gateway/mid/b.h"'),
                ("gateway/mid/a.cc", '"tombolo/v1/record.pb.h"'), ("gateway/mid/a.cc", "<string>"),
                ("gateway/mid/a.cc", '"absl/strings/str_cat.h"'), ("gateway/mid/a.cc", "<cstdio>"),
                ("gateway/mid/a.cc", "<boost/json/value.hpp>"), ("gateway/mid/a.cc",
                                                                 "<boost/json.hpp>"),
                ("gateway/disk/a.cc", "<sqlite3.h>"), ("gateway/disk/a.cc", "<fstream>"),
                ("gateway/disk/a.cc", "<sys/stat.h>"), ("gateway/mid/a.cc", "<regex.h>")):
            self.assertEqual("", edge(path, include), include)

    def test_refused(self):
        for path, include, says in (
                ("gateway/base/a.cc", '"gateway/mid/b.h"', "may not include gateway/mid"),
                ("gateway/base/a.h", '"tombolo/v1/record.pb.h"', "may not include schemas"),
                ("gateway/mid/a.cc", '"gateway/disk/b.h"', "may not include gateway/disk"),
                ("gateway/mid/a.cc", '"gateway/mid/deep/b.h"', "gateway/mid/deep"),
                ("gateway/mid/a.cc", '"tests/support/fake_clock.h"',
                 "may not include tests/support"),
                ("gateway/mid/a.cc", "<sqlite3.h>", "may not use this library"),
                ("gateway/mid/a.cc", "<boost/jsonx.hpp>", "may not use this library"),
                ("gateway/disk/a.cc", "<boost/asio/ssl.hpp>", "only for the files named"),
                ("gateway/mid/a.cc", "<gtest/gtest.h>", "may not use this library"),
                ("gateway/mid/a.cc", "<chrono>", "a pure folder"),
                ("gateway/mid/a.cc", "<fstream>", "a pure folder"),
                ("gateway/mid/a.cc", "<random>", "a pure folder"),
                ("gateway/mid/a.cc", "<thread>", "a pure folder"),
                ("gateway/mid/a.cc", "<unistd.h>", "a pure folder"),
                ("gateway/mid/a.cc", "<sys/socket.h>", "a pure folder"),
                ("gateway/mid/a.cc", "<iostream>", "a pure folder"),
                ("gateway/new/a.cc", "<string>", "no line in docs/layers.txt"),
                ("adapters/a.h", "<string>", "no line in docs/layers.txt")):
            self.assertIn(says, edge(path, include), include)

    def test_table_mistakes(self):
        for line, says in (("gateway/up 1 P : gateway/mid |", "lies above"),
                           ("gateway/up 9 P : gateway/none |", "no line of its own"),
                           ("gateway/up 9 P : gateway/disk |", "is not")):
            found = layers.table_findings(layers.parse_table(TABLE + line))
            self.assertTrue(any(says in f.text for f in found), line)
        circle = "a 1 P : b |\nb 1 P : c |\nc 1 P : a |\n"
        found = layers.table_findings(layers.parse_table(circle))
        self.assertEqual(3, len([f for f in found if "comes back" in f.text]))
        for bad in ("a P : b", "a 1 X : b", "a 1 P :\na 1 P :"):
            with self.assertRaises(ValueError):
                layers.parse_table(bad)

    def test_header_circle(self):
        files = [SourceFile("g/a.h", '#include "g/b.h"\n'), SourceFile("g/b.h",
                                                                       '#include "g/c.h"\n'),
                 SourceFile("g/c.h", '#include "g/a.h"\n'), SourceFile("g/d.cc",
                                                                       '#include "g/a.h"\n')]
        self.assertEqual(1, len(layers.cycle_findings(files)))
        self.assertEqual([], layers.cycle_findings(files[:2]))


if __name__ == "__main__":
    unittest.main()
