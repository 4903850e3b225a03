#!/usr/bin/env python3
"""Records from one node to another against PostgreSQL 15 logical replication, in turn, in one run.

  exchange_compare.py BUILD_FOLDER [--records N] [--rounds N] [--work FOLDER] [--only NAME]

Both: loopback, TLS 1.3 with both certificates, the same texts, one part of each record kept back,
found by record and by subject at the receiver, durable at both ends. Copying what is there,
following changes in commits of 1,000, delay of single commits at 200/s, CPU of the publisher for
one and for three subscribers; of a node also memory when idle and time to readiness. CPU is user
and system time: in copying all of both servers; in following the sending processes of PostgreSQL
(of the publishing node all) and all of the first subscriber. Prints a table for
docs/performance.md: medians over the rounds, ratios with their range.
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from measures import percentile  # noqa: E402  (found by the line above)
from postgres_pair import PostgresPair  # noqa: E402
from tombolo_pair import TomboloPair  # noqa: E402

FOLLOWED = 100000
DELAYS = 1000  # at 200 a second
FAN_OUT = ((2000, 20, 10000), (200, 1, 1000))  # changes a second, a commit, changes


def fan_out(pair):
    """Microseconds of the publisher's CPU a change, by rate."""
    costs = {}
    for rate, per_commit, changes in FAN_OUT:
        _, publisher, _ = pair.follow(changes, per_commit, rate)
        costs[rate] = publisher / changes * 1e6
    return costs


def measure(pair, records):
    """All figures of one round: rates a second, CPU in us, delays in ms."""
    figures = {}
    seconds, cpu = pair.copy()
    figures["copy rate"], figures["copy CPU"] = records / seconds, cpu / records * 1e6
    pair.follow(5000, 1000)  # warm
    seconds, publisher, subscriber = pair.follow(FOLLOWED, 1000)
    figures["follow rate"] = FOLLOWED / seconds
    figures["follow CPU"] = (publisher + subscriber) / FOLLOWED * 1e6
    delays = pair.delays(DELAYS, 200)
    for name, which in (("begin", 0), ("end", 1)):
        for part in (50, 99):
            figures[f"{name} p{part}"] = percentile([d[which] for d in delays], part / 100) * 1e3
    one = fan_out(pair)
    for _ in range(2):
        pair.subscribe(pair.add_subscriber())
    time.sleep(1)
    three = fan_out(pair)
    for rate, cpu in one.items():
        figures[f"one at {rate}"] = cpu
        figures[f"further at {rate}"] = (three[rate] - cpu) / 2
    return figures


def pairs(args, work, number):
    made = {"postgres": lambda: PostgresPair(work / f"pg{number}", args.records),
            "tombolo": lambda: TomboloPair(
                work / f"nodes{number}", args.records, args.build / "tombolo",
                args.build / "tests/bench/exchange_feed")}
    for name, make in made.items():
        if args.only in ("", name):
            yield name, make


def run(args, work):
    rounds = []
    for number in range(args.rounds):
        row = {}
        for name, make in pairs(args, work, number):
            pair = make()
            try:
                row[name] = measure(pair, args.records)
                if name == "tombolo":
                    row[name]["ready"] = pair.ready_s * 1e3
                    row[name]["idle"] = pair.idle_kib / 1024
            finally:
                pair.stop()
            print(f"# round {number + 1}, {pair.name}: " + ", ".join(
                f"{key} {value:.2f}" for key, value in row[name].items()), flush=True)
        rounds.append(row)
    return rounds


ROWS = [("copying, records/s", "copy rate"), ("copying, us CPU a record, both ends", "copy CPU"),
        ("following, changes/s", "follow rate"),
        ("following, us CPU a change, both ends", "follow CPU"),
        ("delay from the commit's begin, p50 ms", "begin p50"),
        ("delay from the commit's begin, p99 ms", "begin p99"),
        ("delay from the commit's end, p50 ms", "end p50"),
        ("delay from the commit's end, p99 ms", "end p99"),
        ("publisher, us CPU a change, one subscriber, 2,000/s", "one at 2000"),
        ("each further subscriber, 2,000/s", "further at 2000"),
        ("publisher, us CPU a change, one subscriber, 200/s", "one at 200"),
        ("each further subscriber, 200/s", "further at 200")]


def table(args, rounds):
    print(f"\n{args.records:,} records, medians of {args.rounds} rounds\n")
    print("| what | Tombolo | PostgreSQL 15 | ratio | range of the ratios |")
    print("|---|---|---|---|---|")
    for title, key in ROWS:
        ours = statistics.median(r["tombolo"][key] for r in rounds)
        theirs = statistics.median(r["postgres"][key] for r in rounds)
        ratios = [r["tombolo"][key] / r["postgres"][key] for r in rounds if r["postgres"][key]]
        form = ",.0f" if "rate" in key else ".2f"
        print(f"| {title} | {ours:{form}} | {theirs:{form}} | {statistics.median(ratios):.2f} | "
              f"{min(ratios):.2f} to {max(ratios):.2f} |")
    for title, key in (("start to ready, ms", "ready"), ("idle, MiB PSS", "idle")):
        print(f"| {title} | {statistics.median(r['tombolo'][key] for r in rounds):.1f} | | | |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=300000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", help="folder for the stores; default: a temporary one")
    parser.add_argument("--only", choices=("postgres", "tombolo"), default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.work) as work:
        os.chmod(work, 0o755)  # the database servers run as somebody else
        rounds = run(args, pathlib.Path(work))
    if not args.only:
        table(args, rounds)


if __name__ == "__main__":
    main()
