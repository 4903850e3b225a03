"""The tree keeps the project's habits, and every check is shown to bite."""
import unittest

import hygiene
import rules
from tree import ROOT, SourceFile, read_exceptions, read_tree, strip_cpp, without_excepted

CHECKS = [rules.line_length, rules.tabs, rules.trailing_blanks, rules.file_length,
          rules.function_length, rules.folder_readmes, rules.one_title, rules.header_comment,
          rules.banned_calls, rules.test_habits, rules.units_in_names, rules.literal_sizes,
          hygiene.words, hygiene.names, hygiene.dead_files, hygiene.limits_tested,
          hygiene.limits_in_one_place]


class RealTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = read_tree()
        cls.exceptions = read_exceptions((ROOT / "tests/tidy/exceptions.txt").read_text("utf-8"))
        cls.used = set()

    def test_all_checks(self):
        self.assertGreater(len(self.files), 100)
        for check in CHECKS:
            with self.subTest(check.__name__):
                left = without_excepted(check(self.files), self.exceptions, self.used)
                self.assertFalse(left, "\n" + "\n".join(map(str, left)))
        unused = sorted(set(self.exceptions) - self.used)
        self.assertEqual([], unused, "exceptions.txt: nothing needs these any more")


def bites(check, path, text, *more):
    """What `check` says of a file, beside others that are given as (path, text)."""
    files = [SourceFile(path, text)] + [SourceFile(p, t) for p, t in more]
    return [f for f in check(files) if f.path == path]


HEADER = ("// Purpose of the header in words.\n// Ownership: a. Thread-safety: b. Errors: c.\n"
          "#ifndef TOMBOLO_GATEWAY_A_B_H_\n#define TOMBOLO_GATEWAY_A_B_H_\n#endif\n")
README = "# x\n\n" + "".join(f"## {h}\nwords\n\n" for h in rules.README_HEADINGS)


class Lengths(unittest.TestCase):
    def test_line(self):
        self.assertFalse(bites(rules.line_length, "gateway/a/b.cc", "x" * 100))
        self.assertTrue(bites(rules.line_length, "gateway/a/b.cc", "x" * 101))
        self.assertFalse(bites(rules.line_length, "gateway/a/b.cc", "上" * 100))
        self.assertTrue(bites(rules.line_length, "scripts/test", "x" * 101))

    def test_tab_and_blank(self):
        self.assertTrue(bites(rules.tabs, "gateway/a/b.cc", "a\tb"))
        self.assertTrue(bites(rules.trailing_blanks, "docs/a.md", "a \nb"))
        self.assertFalse(bites(rules.trailing_blanks, "docs/a.md", "a\nb\n"))

    def test_file(self):
        for suffix, limit in ((".h", 200), (".cc", 500), (".py", 500)):
            self.assertFalse(bites(rules.file_length, "a/b" + suffix, "\n" * limit))
            self.assertTrue(bites(rules.file_length, "a/b" + suffix, "\n" * (limit + 1)))

    def function(self, lines, head="int F() {"):
        return bites(rules.function_length, "a/b.cc", head + "\n" * (lines - 1) + "}\n")

    def test_function(self):
        self.assertFalse(self.function(70))
        self.assertTrue(self.function(71))
        self.assertTrue(self.function(71, "namespace n {\nclass C {\n public:\n  int F() const {"))
        self.assertTrue(self.function(71, "TEST(A, B) {"))
        self.assertTrue(self.function(71, "C::C() : a_{1}, b_(2) {"))
        self.assertFalse(self.function(99, "namespace n {"))
        self.assertFalse(self.function(99, "constexpr int kTable[] = {"))
        self.assertFalse(self.function(99, "struct alignas(8) S {"))
        self.assertFalse(bites(rules.function_length, "a/b.cc",
                               "int F() {}\n" + "\n" * 99 + "int G() {}"))

    def test_braces_in_text_do_not_count(self):
        body = 'int F() {\n  f("}"); g(\'}\'); h(R"(})"); // }\n  /* } */\n'
        self.assertEqual([(1, 73)], rules.cpp_functions(body + "\n" * 69 + "}\n"))
        self.assertEqual([(3, 3)], rules.cpp_functions("#define X(a) { \\\n a\nint F() {}\n"))

    def test_python_function(self):
        text = "def f():\n" + "  x = 1\n"
        self.assertFalse(bites(rules.function_length, "a/b.py", text + "  x = 1\n" * 68))
        self.assertTrue(bites(rules.function_length, "a/b.py", text + "  x = 1\n" * 69))


class Documents(unittest.TestCase):
    def test_readme(self):
        source = ("gateway/a/b.cc", "")
        self.assertFalse(bites(rules.folder_readmes, "gateway/a/README.md", README, source))
        for text in (README.replace("## Entry file\n", ""), README + "\n" * 40,
                     README + "## More\nx\n",
                     README.replace("words\n\n", "\n", 1)):
            self.assertTrue(bites(rules.folder_readmes, "gateway/a/README.md", text, source))
        missing = [f.path for f in rules.folder_readmes([SourceFile("adapters/x/y/z.cc", ""),
                                                         SourceFile("adapters/packs/p/pack.yaml",
                                                                    "")])]
        self.assertIn("adapters/x/y/README.md", missing)
        self.assertIn("adapters/packs/p/README.md", missing)

    def test_title(self):
        self.assertFalse(bites(rules.one_title, "docs/a.md", "# A\n```\n# no title\n```\n"))
        for text in ("no title", "# A\n\n# B\n", "\n# A\n", ""):
            self.assertTrue(bites(rules.one_title, "docs/a.md", text), text)

    def test_header(self):
        self.assertFalse(bites(rules.header_comment, "gateway/a/b.h", HEADER))
        for text in (HEADER.replace("Ownership:", ""), HEADER.replace("Thread-safety:", ""),
                     HEADER.replace("Errors:", ""), HEADER.replace("_B_H_", "_C_H_"),
                     "#pragma once\n"):
            self.assertTrue(bites(rules.header_comment, "gateway/a/b.h", text), text)


class Code(unittest.TestCase):
    def test_banned(self):
        for code in ("std::random_device d;", "rand();", "time(nullptr);", "absl::Now()",
                     "std::chrono::system_clock::now()", "std::this_thread::sleep_for(x)",
                     "usleep(1)",
                     'getenv("HOME")', "m.SerializeAsString()", "m.SerializeToString(&s)",
                     "gmtime_r(&t, &m)",
                     "absl::Mutex mu;", "std::regex r;", "std::stoi(s)", "atoi(s)", "sprintf(b, s)",
                     "system(s)", "throw 1;", "exit(1)", "using namespace std;", "std::toupper(c)",
                     "strtoull(s, 0, 10)", "std::cout << std::endl;", "clock_gettime(0, &t)"):
            self.assertTrue(bites(rules.banned_calls, "gateway/a/b.cc", code), code)
        for code in ("// rand()", 'Say("exit(1)")', "runtime(0)", "on_exit(1)", "my_rand()",
                     "app->exit(e)",
                     "randomize()",
                     "recorded_time_us", "throws()"):
            self.assertFalse(bites(rules.banned_calls, "gateway/a/b.cc", code), code)

    def test_tests(self):
        for code in ("sleep(1)", "std::this_thread::sleep_for(x)", "system_clock::now()",
                     "srand(1)",
                     "port = 8080"):
            self.assertTrue(bites(rules.test_habits, "tests/unit/a_test.cc", code), code)
        self.assertFalse(bites(rules.test_habits, "tests/unit/a_test.cc", "port = 0"))

    def test_units(self):
        for code in ("int connect_timeout = 3;", "int64_t delay_;", "uint32 sync_interval = 1;"):
            self.assertTrue(bites(rules.units_in_names, "gateway/a/b.h", code), code)
        for code in ("int connect_timeout_ms = 3;", "int delay_us_;", "// a delay"):
            self.assertFalse(bites(rules.units_in_names, "gateway/a/b.h", code), code)

    def test_sizes(self):
        for code in ("char b[4096];", "x > 1 << 20", "size > 64 * 1024", "1'048'576", "65536u"):
            self.assertTrue(bites(rules.literal_sizes, "adapters/readers/b.cc", code), code)
        for code in ("year > 1970", "x << 8", "1000000", "0x1000", "// 4096",
                     "limits::kRowBytesMax"):
            self.assertFalse(bites(rules.literal_sizes, "adapters/readers/b.cc", code), code)


class Hygiene(unittest.TestCase):
    def test_words(self):
        for text in ("TO" + "DO later", "FIX" + "ME", "see /wor" + "k/main", "/ho" + "me/jo/x",
                     "as iss" + "ue 2 says", "iss" + "ues #14", "a suba" + "gent wrote",
                     "-----BEGIN EC PRIVATE" + " KEY-----\n" + "Mx" * 20,
                     "-----BEGIN PRIVATE" + " KEY-----\\n\"\n \"" + "Mx" * 20):
            self.assertTrue(bites(hygiene.words, "docs/a.md", text), text)
        for text in ("todo list", "a session between peers", "the user agent", "framework/main",
                     "issue the certificate", "-----BEGIN PUBLIC KEY-----"):
            self.assertFalse(bites(hygiene.words, "docs/a.md", text), text)

    def test_names(self):
        for path in ("gateway/utils/a.cc", "gateway/a/util.h", "gateway/a/misc.cc"):
            self.assertTrue(bites(hygiene.names, path, ""), path)
        self.assertTrue(bites(hygiene.names, "gateway/a/b.h", "class StoreManager {"))
        self.assertTrue(bites(hygiene.names, "a/CMakeLists.txt", "file(GLOB x *.cc)"))
        self.assertFalse(bites(hygiene.names, "a/CMakeLists.txt", "# no GLOB here"))

    def test_dead(self):
        cmake = ("gateway/a/CMakeLists.txt", "add_library(a used.cc deep/used2.cc)")
        self.assertTrue(bites(hygiene.dead_files, "gateway/a/dead.cc", "", cmake))
        self.assertTrue(bites(hygiene.dead_files, "gateway/a/sed.cc", "", cmake))
        self.assertFalse(bites(hygiene.dead_files, "gateway/a/used.cc", "", cmake))
        self.assertFalse(bites(hygiene.dead_files, "gateway/a/deep/used2.cc", "", cmake))
        self.assertTrue(bites(hygiene.dead_files, "gateway/a/b.h", "", cmake))
        self.assertFalse(bites(hygiene.dead_files, "gateway/a/b.h", "",
                               ("gateway/a/used.cc", '#include "gateway/a/b.h"\n')))
        self.assertTrue(bites(hygiene.dead_files, "schemas/tombolo/v1/x.proto", ""))

    def test_limits(self):
        limits = ("gateway/base/limits.h", "inline constexpr size_t kRowMax = 4 * kMiB;\n")
        self.assertTrue(bites(hygiene.limits_tested, *limits))
        self.assertTrue(bites(hygiene.limits_tested, *limits, ("tests/a.cc", "kRowMaxOfAll")))
        self.assertFalse(bites(hygiene.limits_tested, *limits, ("tests/a.cc",
                                                                "F(limits::kRowMax + 1)")))
        self.assertTrue(bites(hygiene.limits_in_one_place, "gateway/a/b.cc",
                              "constexpr int kDepthMax = 3;"))


class Exceptions(unittest.TestCase):
    def test_reasons(self):
        self.assertEqual({("tab", "a/b.cc"): "because of a long story"},
                         read_exceptions("# words\n\ntab a/b.cc because of a long story\n"))
        for bad in ("tab a/b.cc", "tab a/b.cc short", "tab a/b.cc one long reason here\n" * 2):
            with self.assertRaises(ValueError):
                read_exceptions(bad)

    def test_used(self):
        found = rules.tabs([SourceFile("a/b.cc", "\t"), SourceFile("a/c.cc", "\t")])
        used = set()
        left = without_excepted(found, {("tab", "a/b.cc"): "r"}, used)
        self.assertEqual(["a/c.cc"], [f.path for f in left])
        self.assertEqual({("tab", "a/b.cc")}, used)

    def test_strip_keeps_lines(self):
        text = 'a /* b\nc */ "d\\"e" // f\nR"x(g\nh)x" i\'j 1\'000\n'
        self.assertEqual(text.count("\n"), strip_cpp(text).count("\n"))
        self.assertNotIn("h", strip_cpp(text))
        self.assertIn("1'000", strip_cpp(text))


if __name__ == "__main__":
    unittest.main()
