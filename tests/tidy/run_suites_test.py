"""The runner tells the truth: crashes, hangs, empty binaries, broken reports are failures."""
import os
import pathlib
import stat
import sys
import tempfile
import unittest

from tree import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import run_suites  # noqa: E402  (lies in scripts/)

REPORT = ('{"testsuites": [{"testsuite": [{"name": "a", "result": "COMPLETED"},'
          ' {"name": "b", "failures": [{"failure": "x"}], "result": "COMPLETED"},'
          ' {"name": "c", "result": "SKIPPED"}]}]}')
# A stand-in for a GoogleTest binary: $REPORT goes where --gtest_output says.
WRITE = ('for a in "$@"; do case $a in --gtest_output=json:*)'
         ' printf %s "$REPORT" > "${a#*json:}";; esac; done\n')


class Binaries(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.kept = run_suites.ROOT, run_suites.TIMEOUT_S["dev"]
        run_suites.ROOT = self.root
        self.addCleanup(self.restore)

    def restore(self):
        run_suites.ROOT, run_suites.TIMEOUT_S["dev"] = self.kept

    def run_script(self, body, report=REPORT, folder="build/dev/tests"):
        path = self.root / folder / "a_test"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return run_suites.run_gtest("dev", "a_test", [str(path)], {"REPORT": report})

    def counts(self, *arguments, **named):
        result = self.run_script(*arguments, **named)
        return result.passed, result.failed, result.skipped

    def test_a_report_is_counted(self):
        self.assertEqual((1, 1, 1), self.counts(WRITE + "exit 1"))

    def test_a_crash_after_the_report_is_a_failure(self):
        sound = REPORT.replace('"failures": [{"failure": "x"}], ', "")
        self.assertEqual((2, 0, 1), self.counts(WRITE + "exit 0", sound))
        self.assertEqual((2, 1, 1), self.counts(WRITE + "kill -11 $$", sound))

    def test_no_report_is_a_failure(self):
        self.assertEqual((0, 1, 0), self.counts("exit 0"))
        self.assertEqual((0, 1, 0), self.counts("kill -6 $$"))

    def test_an_empty_or_broken_report_is_a_failure(self):
        self.assertEqual((0, 1, 0), self.counts(WRITE, '{"testsuites": []}'))
        self.assertEqual((0, 1, 0), self.counts(WRITE, "{"))

    def test_an_old_report_does_not_count(self):
        self.run_script(WRITE)
        self.assertEqual((0, 1, 0), self.counts("exit 0"))

    def test_a_hang_is_a_failure(self):
        run_suites.TIMEOUT_S["dev"] = 0.2
        result = self.run_script("exec sleep 60")
        self.assertEqual((0, 1), (result.passed, result.failed))
        self.assertIn("stopped after", result.output)

    def test_other_commands_count_by_their_exit_code(self):
        self.assertEqual((1, 0, 0), self.counts("exit 0", folder="elsewhere"))
        self.assertEqual((0, 1, 0), self.counts("exit 3", folder="elsewhere"))


class PythonFiles(unittest.TestCase):
    def run_file(self, text):
        folder = ROOT / "build" / "tidy"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            path = pathlib.Path(scratch) / "some_test.py"
            path.write_text(text)
            result = run_suites.run_unittest("tidy", path)
        return result.passed, result.failed, result.skipped

    def test_counts(self):
        head = "import unittest\nclass T(unittest.TestCase):\n"
        self.assertEqual((1, 0, 0), self.run_file(head + "  def test_a(self): pass\n"))
        self.assertEqual((1, 1, 0), self.run_file(
            head + "  def test_a(self): pass\n  def test_b(self): self.fail()\n"))
        self.assertEqual((0, 1, 1), self.run_file(
            head + "  def test_a(self): self.skipTest('x')\n  def test_b(self): 1 / 0\n"))

    def test_nothing_or_a_broken_file_is_a_failure(self):
        self.assertEqual((0, 1, 0), self.run_file("x = 1\n"))
        self.assertEqual(1, self.run_file("import no_such_module\n")[1])
        self.assertEqual((0, 1, 0), self.run_file("import os\nos._exit(0)\n"))


class Whole(unittest.TestCase):
    def test_nothing_at_all_is_not_a_success(self):
        arguments = ["--no-build", "--suite", "tidy", "no-test-has-this-name"]
        code, output = run_suites.run([sys.executable, str(ROOT / "scripts/run_suites.py")]
                                      + arguments, 60, dict(os.environ))
        self.assertEqual(1, code)
        self.assertTrue(output.rstrip().endswith("0 passed, 0 failed"), output)


class Fuzz(unittest.TestCase):
    def test_every_target_has_its_corpus(self):
        sources = sorted((run_suites.ROOT / "tests" / "fuzz").glob("fuzz_*.cc"))
        self.assertTrue(sources)
        for source in sources:
            corpus = run_suites.corpus_of(source.stem)
            self.assertTrue(corpus.is_dir() and any(corpus.iterdir()), corpus)

    def test_a_target_without_a_corpus_fails(self):
        result = run_suites.run_fuzzer(pathlib.Path("fuzz_no_such"))
        self.assertEqual((result.passed, result.failed), (0, 1))


if __name__ == "__main__":
    unittest.main()
