#!/usr/bin/env python3
"""Builds the presets, runs every test of the project, and tells the sum.

The suites, in this order:
  release, asan  (and tsan, fuzz with --all): built with the CMake preset of that name, then every
                 test that CMake registered is run, two at a time. A test binary that crashes,
                 hangs, or has no test in it counts as one failure.
  python         unittest files: *_test.py and test_*.py under conformance/ and tests/
  tidy           the same under tests/tidy/
Standard library only. Exit code 0 if something ran and nothing failed.
"""
import argparse
import concurrent.futures
import io
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITES = ["release", "asan", "python", "tidy"]
LONG_SUITES = ["release", "asan", "tsan", "fuzz", "python", "tidy"]
AT_ONCE = 2
TIMEOUT_S = {"dev": 600, "release": 600, "asan": 1200, "tsan": 1800, "fuzz": 300, "python": 900,
             "tidy": 300}
LONG_FACTOR = 3  # a thousand kills take most of ten minutes in release
FUZZ_RUNS = 20000
OUTPUT_LINES_MAX = 120


class Result:
    """What came of one test binary or file."""

    def __init__(self, suite, name):
        self.suite, self.name = suite, name
        self.passed = self.failed = self.skipped = 0
        self.seconds = 0.0
        self.output = ""


def tail(text, lines=OUTPUT_LINES_MAX):
    rows = text.splitlines()
    cut = [f"... {len(rows) - lines} lines before these ..."] if len(rows) > lines else []
    return "\n".join(cut + rows[-lines:])


def run(command, timeout_s, env=None):
    """(exit code, output); the code is None when time ran out."""
    full_env = dict(os.environ, **(env or {}))
    process = subprocess.Popen(command, cwd=ROOT, env=full_env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout_s)
        return process.returncode, output.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return None, output.decode("utf-8", "replace") + f"\nstopped after {timeout_s} s"


def build(preset):
    """None, or a Result that says how the build failed."""
    start = time.monotonic()
    jobs = str(os.cpu_count() or 1)
    for command in (["cmake", "--preset", preset],
                    ["cmake", "--build", "--preset", preset, "-j", jobs]):
        code, output = run(command, 3 * 3600)
        if code != 0:
            result = Result(preset, "build")
            result.failed, result.seconds = 1, time.monotonic() - start
            wanted = [line for line in output.splitlines() if not line.startswith("[")]
            result.output = tail("\n".join(wanted))
            return result
    print(f"{preset}: built in {time.monotonic() - start:.0f} s", flush=True)
    return None


def registered_tests(preset):
    """(name, command) of every test that CMake knows of in the preset's build."""
    code, output = run(["ctest", "--test-dir", f"build/{preset}", "--show-only=json-v1"], 60)
    if code != 0:
        return []
    listing = json.loads(output[output.index("{"):])
    return [(test["name"], test["command"]) for test in listing["tests"] if "command" in test]


def sanitizer_env(preset):
    options = ROOT / "tests" / "support"
    env = {"UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_stack_use_after_return=1"}
    for kind, variable in (("lsan", "LSAN_OPTIONS"), ("tsan", "TSAN_OPTIONS")):
        file = options / f"{kind}.supp"
        if file.exists():
            env[variable] = f"suppressions={file}"
    return env if preset in ("asan", "tsan", "fuzz") else {}


def count_gtest(report_file, result):
    report = json.loads(report_file.read_text(encoding="utf-8"))
    for group in report.get("testsuites", []):
        for test in group.get("testsuite", []):
            if test.get("failures"):
                result.failed += 1
            elif test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                result.skipped += 1
            else:
                result.passed += 1


def run_gtest(preset, name, command, env):
    """Runs one registered test. Every one is a GoogleTest binary unless it lies outside tests/."""
    result = Result(preset, name)
    report_file = ROOT / "build" / preset / "results" / f"{name}.json"
    report_file.parent.mkdir(parents=True, exist_ok=True)
    report_file.unlink(missing_ok=True)
    start = time.monotonic()
    is_gtest = f"build/{preset}/tests/" in command[0]
    extra = [f"--gtest_output=json:{report_file}", "--gtest_brief=1"] if is_gtest else []
    longer = LONG_FACTOR if "TOMBOLO_TEST_LONG" in env else 1
    code, output = run(command + extra, longer * TIMEOUT_S[preset],
                       dict(sanitizer_env(preset), **env))
    result.seconds = time.monotonic() - start
    if is_gtest and report_file.exists():
        try:
            count_gtest(report_file, result)
        except (ValueError, KeyError) as error:
            output += f"\nunreadable test report: {error}"
            result.failed = 1
    elif not is_gtest and code == 0:
        result.passed = 1
    if result.passed + result.failed + result.skipped == 0:
        result.failed = 1
        output += "\nno test ran to its end"
    if code != 0 and result.failed == 0:
        result.failed = 1
        output += f"\nended with {code} after its tests"
    result.output = tail(output) if result.failed else ""
    return result


def corpus_of(target):
    """fuzz_readers_csv has its inputs in tests/fuzz/corpus/readers/csv."""
    library, _, subject = target.removeprefix("fuzz_").partition("_")
    return ROOT / "tests" / "fuzz" / "corpus" / library / subject


def run_fuzzer(binary):
    """The corpus, then a fixed number of inputs derived from it."""
    result = Result("fuzz", binary.name)
    corpus = corpus_of(binary.name)
    if not corpus.is_dir():
        result.failed, result.output = 1, f"{corpus} is missing: a fuzz target has a corpus"
        return result
    scratch = ROOT / "build" / "fuzz" / "found" / binary.name
    scratch.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    code, output = run([str(binary), f"-runs={FUZZ_RUNS}", "-max_total_time=60", "-seed=1",
                        "-print_final_stats=0", f"-artifact_prefix={scratch}/", str(scratch)]
                       + [str(corpus)],
                       TIMEOUT_S["fuzz"], sanitizer_env("fuzz"))
    result.seconds = time.monotonic() - start
    result.passed, result.failed = (1, 0) if code == 0 else (0, 1)
    result.output = tail(output) if result.failed else ""
    return result


def run_unittest(suite, file):
    result = Result(suite, str(file.relative_to(ROOT)))
    start = time.monotonic()
    code, output = run([sys.executable, str(ROOT / "scripts" / "run_suites.py"), "--unittest",
                        str(file)], TIMEOUT_S[suite])
    result.seconds = time.monotonic() - start
    last = output.splitlines()[-1] if output.strip() else ""
    if last.startswith("COUNTS "):
        result.passed, result.failed, result.skipped = map(int, last.split()[1:])
    if result.passed + result.failed + result.skipped == 0 or (code != 0 and result.failed == 0):
        result.failed += 1
        output += "\nno test ran to its end"
    result.output = tail(output) if result.failed else ""
    return result


def unittest_main(file):
    """In a process of its own: runs one file's tests and prints COUNTS passed failed skipped."""
    path = pathlib.Path(file)
    sys.path[:0] = [str(path.parent), str(ROOT)]
    suite = unittest.defaultTestLoader.loadTestsFromName(path.stem)
    stream = io.StringIO()
    outcome = unittest.TextTestRunner(stream=stream, verbosity=1).run(suite)
    print(stream.getvalue())
    failed = len({str(test) for test, _ in outcome.failures + outcome.errors})
    failed += len(outcome.unexpectedSuccesses)
    skipped = len(outcome.skipped)
    print("COUNTS", max(outcome.testsRun - failed - skipped, 0), failed, skipped)
    return 1 if failed else 0


def python_files(suite):
    tidy = ROOT / "tests" / "tidy"
    folders = [tidy] if suite == "tidy" else [ROOT / "conformance", ROOT / "tests",
                                              ROOT / "scripts"]
    files = set()
    for folder in folders:
        for pattern in ("*_test.py", "test_*.py"):
            files.update(folder.rglob(pattern))
    return sorted(f for f in files if suite == "tidy" or tidy not in f.parents)


def jobs_of(suite, options):
    """Callables that give one Result each; the build has been done."""
    wanted = lambda name: not options.names or any(part in name for part in options.names)
    if suite in ("python", "tidy"):
        return [lambda f=f: run_unittest(suite, f) for f in python_files(suite)
                if wanted(f.relative_to(ROOT).as_posix())]
    if suite == "fuzz":
        folder = ROOT / "build" / "fuzz" / "fuzz"
        binaries = [b for b in sorted(folder.glob("fuzz_*")) if os.access(b, os.X_OK)]
        return [lambda b=b: run_fuzzer(b) for b in binaries if wanted(b.name)]
    env = {"TOMBOLO_TEST_LONG": "1"} if options.all else {}
    return [lambda n=n, c=c: run_gtest(suite, n, c, env)
            for n, c in registered_tests(suite) if wanted(n)]


def run_suite(suite, options):
    built = suite in ("python", "tidy") or options.no_build
    failure = None if built else build(suite)
    if failure is not None:
        show(failure)
        return [failure]
    results = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in concurrent.futures.as_completed([pool.submit(j) for j in jobs_of(suite,
                                                                                     options)]):
            results.append(done.result())
            show(results[-1])
    if not results and not options.names:
        missing = Result(suite, "(nothing to run)")
        missing.failed = 1
        missing.output = f"the suite {suite} has no test"
        results.append(missing)
        show(missing)
    return results


def show(result):
    if result.failed:
        print(f"\n--- FAILED {result.suite} {result.name}\n{result.output}\n", flush=True)
    elif sys.stdout.isatty():
        print(f"{result.suite} {result.name}: {result.passed} passed", flush=True)


def print_table(results, suites):
    width = max([len(r.name) for r in results] + [10])
    print(f"\n{'suite':8} {'':{width}} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for suite in suites:
        mine = sorted((r for r in results if r.suite == suite), key=lambda r: r.name)
        for r in mine:
            print(f"{suite:8} {r.name:{width}} {r.passed:7} {r.failed:7} {r.skipped:8}"
                  f" {r.seconds:8.1f}")
        if len(mine) > 1:
            print(f"{suite:8} {'sum':{width}} {sum(r.passed for r in mine):7} "
                  f"{sum(r.failed for r in mine):7} {sum(r.skipped for r in mine):8}")


def parse_options(arguments):
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only tests with one of these words in their name")
    parser.add_argument("--all", action="store_true", help="the long list")
    parser.add_argument("--suite", action="append", choices=["dev"] + LONG_SUITES,
                        help="only these suites; dev is the Debug build")
    parser.add_argument("--no-build", action="store_true", help="run what is built already")
    parser.add_argument("--unittest", metavar="FILE", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse_options(arguments)
    if options.unittest:
        return unittest_main(options.unittest)
    data = os.environ.get("TOMBOLO_DATA")
    if data:
        os.environ["TOMBOLO_DATA"] = str(pathlib.Path(data).resolve())
    print(f"real files: {os.environ.get('TOMBOLO_DATA') or 'none, the packs own samples are used'}")
    suites = options.suite or (LONG_SUITES if options.all else SUITES)
    results = []
    for suite in suites:
        results += run_suite(suite, options)
    print_table(results, suites)
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
