"""The documents hold together, and the pages made from sources are what the sources say today."""
import sys
import unittest

import docs_rules
from tree import ROOT, SourceFile, read_exceptions, read_tree, without_excepted

sys.path.insert(0, str(ROOT / "scripts"))
import gen_docs  # noqa: E402  (lies in scripts/)

CHECKS = [docs_rules.links, docs_rules.decisions, docs_rules.format_index, docs_rules.error_codes]


class RealTree(unittest.TestCase):
    def test_all_checks(self):
        files = read_tree()
        exceptions = read_exceptions((ROOT / "tests/tidy/exceptions.txt").read_text("utf-8"))
        for check in CHECKS:
            with self.subTest(check.__name__):
                left = without_excepted(check(files), exceptions, set())
                self.assertFalse(left, "\n" + "\n".join(map(str, left)))

    def test_reference_is_up_to_date(self):
        texts, complaints = gen_docs.pages()
        self.assertEqual([], complaints)
        self.assertIn("errors.md", texts)
        for name, text in texts.items():
            with self.subTest(name):
                self.assertEqual((ROOT / "docs/reference" / name).read_text("utf-8"), text,
                                 "run scripts/gen_docs.py")


PROTO = """// A thing. Class of all: LOCAL.
syntax = "proto3";

// Colours.
enum Colour {
  COLOUR_UNSPECIFIED = 0;
  RED = 1;  // like blood
}

message Thing {
  // A long
  // comment.
  repeated string names = 1;
  int64 at_us = 2;  // microseconds [PUBLIC]
  oneof kind {
    string text = 3;  // words
  }
  // Inside.
  message Inner {}
}
"""


class Generator(unittest.TestCase):
    def parse(self, text):
        return gen_docs.parse_proto(text, "x.proto")

    def test_reads_a_schema(self):
        opening, blocks, complaints = self.parse(PROTO)
        self.assertEqual("A thing. Class of all: LOCAL.", opening)
        self.assertEqual(["x.proto: message Thing has no comment"], complaints)
        self.assertEqual(["Colour", "Thing", "Thing.Inner"], [b.name for b in blocks])
        self.assertEqual([("names", "repeated string", "A long comment."),
                          ("at_us", "int64", "microseconds [PUBLIC]"),
                          ("text", "string", "words; one of `kind`")],
                         [(e.name, e.type, e.text) for e in blocks[1].entries])
        self.assertEqual(("microseconds", "PUBLIC"), gen_docs.class_of("microseconds [PUBLIC]",
                                                                       "LOCAL"))
        self.assertEqual(("words", "LOCAL"), gen_docs.class_of("words",
                                                               gen_docs.default_class(opening)))

    def test_bites(self):
        for old, new, says in (("  // like blood", "", "RED has no comment"),
                               ("  // words", "", "text has no comment"),
                               ("  // A long\n  // comment.\n", "", "names has no comment"),
                               ("int64 at_us = 2;", "map<string, string> at_us = 2;",
                                "cannot read"),
                               ("// Colours.\n", "", "enum Colour has no comment")):
            self.assertIn(old, PROTO)
            _, _, complaints = self.parse(PROTO.replace(old, new))
            self.assertTrue(any(says in c for c in complaints), says)

    def test_errors(self):
        text = '// --- one\nX(A_B, 2, 400, "Say \\"it\\".")\nX(C, 3, 422,\n  "Long "\n  "text.")\n'
        self.assertEqual([("one", [("A_B", 2, 400, 'Say \\"it\\".'), ("C", 3, 422, "Long text.")])],
                         gen_docs.parse_errors(text))


def told(check, *files):
    return [f.text for f in check([SourceFile(path, text) for path, text in files])]


class Bites(unittest.TestCase):
    def test_links(self):
        other = ("docs/b.md", "# B\n\n## One two\n")
        for good in ("[b](b.md)", "[b](../docs/b.md#one-two)", "[b](#a)",
                     "[x](https://example.org/y)",
                     "`docs/b.md`", "```\n[b](none.md)\n```", "`gateway_x/y`"):
            self.assertEqual([], told(docs_rules.links, ("docs/a.md", f"# A\n{good}\n"), other),
                             good)
        for bad in ("[b](c.md)", "[b](/docs/b.md2)", "[b](b.md#three)", "[b](../../b.md)",
                    "`docs/c.md`",
                    "`gateway/none/x.h`"):
            self.assertTrue(told(docs_rules.links, ("docs/a.md", f"# A\n{bad}\n"), other), bad)

    def test_decisions(self):
        good = "# T\n\n## Decision\n\n## Rationale\n\n## Approach\n"
        path = "docs/decisions/2024-05-06-a-title.md"
        index = ("docs/decisions/README.md", "[T](2024-05-06-a-title.md)")
        self.assertEqual([], told(docs_rules.decisions, (path, good), index))
        self.assertTrue(told(docs_rules.decisions, (path, good)))
        self.assertTrue(told(docs_rules.decisions, (path, good.replace("Approach", "Plan")), index))
        self.assertTrue(told(docs_rules.decisions, ("docs/decisions/a-title.md", good), index))

    def test_formats_and_codes(self):
        page = ("docs/formats/record.md", "# R\n")
        self.assertTrue(told(docs_rules.format_index, page))
        self.assertEqual([], told(docs_rules.format_index, page,
                                  ("docs/formats/README.md", "[r](record.md)")))
        listing = ("gateway/base/errors.def", 'X(A_B, 1, 400, "x")\n')
        self.assertTrue(told(docs_rules.error_codes, listing))
        self.assertEqual([], told(docs_rules.error_codes, listing,
                                  ("docs/reference/errors.md", "| `A_B` | 1 |")))


if __name__ == "__main__":
    unittest.main()
