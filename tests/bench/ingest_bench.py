#!/usr/bin/env python3
"""The whole of ingest against `sqlite3 .import` of the same file, in turn, in one run.

  ingest_bench.py TOMBOLO [--rows N] [--rounds N] [--work FOLDER]

Read, map, validate, hash, store with indexes, durable; then the same file again; then the import
into one table with a primary key and two indexes. Prints CPU (user and system) per row, the ratios
to the import, peak memory and bytes on disk, as a table for docs/performance.md. Medians over the
rounds, with the range of the ratios.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
IMPORT = """create table acts(doc_no text primary key, item text, code text, name text,
authority text, decided text, valid_from text, valid_until text, kind text, title text, facts text,
basis text, amount text, status text, area text, address text, remark text);
create index acts_code on acts(code);
create index acts_item on acts(item, decided);
.mode csv
.import --skip 1 {rows} acts
"""


def run(command, stdin=None):
    """CPU seconds and peak KiB of one command; a failure ends the bench."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
        if stdin is not None:
            given.write(stdin.encode())
            given.seek(0)
        child = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command}: exit {child.returncode}\n{errors.read().decode()}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def size(*paths):
    return sum(os.path.getsize(p) for p in paths if os.path.exists(p))


def one_round(tombolo, rows, pack, work):
    node, base = os.path.join(work, "node"), os.path.join(work, "import.db")
    shutil.rmtree(node, ignore_errors=True)
    for leftover in (base, base + "-journal"):
        if os.path.exists(leftover):
            os.remove(leftover)
    run([tombolo, "init", node, "--origin", "spiffe://bench.example/node"])
    ingest = [tombolo, "ingest", "--node", node, "--pack", pack, "--json", rows]
    first = run(ingest)
    disk = size(os.path.join(node, "store.db"), os.path.join(node, "store.db-wal"))
    again = run(ingest)
    imported = run(["sqlite3", base], IMPORT.format(rows=rows))
    return {"first": first, "again": again, "import": imported, "disk": disk,
            "import_disk": size(base)}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tombolo")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", help="folder to keep the rows in; default: a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or temporary
        os.makedirs(work, exist_ok=True)
        rows = os.path.join(work, f"rows{arguments.rows}.csv")
        maker = [sys.executable, os.path.join(HERE, "make_rows.py")]
        if not os.path.exists(rows):
            run(maker + [str(arguments.rows), rows])
        pack = os.path.join(work, "bench")
        run(maker + ["--pack", pack])
        tombolo = os.path.abspath(arguments.tombolo)
        rounds = [one_round(tombolo, rows, pack, work) for _ in range(arguments.rounds)]
        print_table(rounds, arguments.rows, os.path.getsize(rows))


def print_table(rounds, count, source_bytes):
    def cpu(name):
        return statistics.median(r[name][0] for r in rounds) / count * 1e6

    def ratios(name):
        each = sorted(r[name][0] / r["import"][0] for r in rounds)
        return f"{statistics.median(each):.2f} ({each[0]:.2f} to {each[-1]:.2f})"

    print(f"{count:,} rows, {source_bytes / count:.0f} bytes each, {len(rounds)} rounds\n")
    print("| run | CPU a row | to `sqlite3 .import` | peak memory | bytes on disk to source |")
    print("|---|---|---|---|---|")
    for name, title in (("first", "`tombolo ingest`, all new"),
                        ("again", "`tombolo ingest`, all unchanged")):
        disk = statistics.median(r["disk"] for r in rounds) / source_bytes
        peak = max(r[name][1] for r in rounds) / 1024
        cells = [title, f"{cpu(name):.1f} us", ratios(name), f"{peak:.0f} MiB", f"{disk:.2f}"]
        print("| " + " | ".join(cells) + " |")
    disk = statistics.median(r["import_disk"] for r in rounds) / source_bytes
    peak = max(r["import"][1] for r in rounds) / 1024
    print(f"| `sqlite3 .import` | {cpu('import'):.1f} us | 1 | {peak:.0f} MiB | {disk:.2f} |")


if __name__ == "__main__":
    main()
