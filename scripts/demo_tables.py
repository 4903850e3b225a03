#!/usr/bin/env python3
"""Tables out of the JSON lines of `tombolo ingest --json`: demo_tables.py FIRST AGAIN

FIRST has one line for each file of the first run, AGAIN one for each file that was taken once more.
"""
import json
import sys

ROWS = ["read", "new", "changed", "unchanged", "merged", "left_out", "quarantined"]
RECORDS = ["new", "returned", "changed", "unchanged", "retracted"]


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def add(rows):
    return {key: sum(row.get(key, 0) for row in rows) for row in rows[:1] for key in row}


def table(title, columns, lines):
    print(f"\n== {title}")
    width = max([len(name) for name, _ in lines] + [4])
    print(f"{'':{width}} " + " ".join(f"{c.replace('_', ' '):>11}" for c in columns))
    for name, row in lines:
        print(f"{name:{width}} " + " ".join(f"{row.get(c, 0):11,}" for c in columns))


def by_pack(ingests):
    packs = {}
    for ingest in ingests:
        packs.setdefault(ingest["pack"], []).append(ingest)
    return packs


def reasons(ingests, key):
    counts = {}
    for ingest in ingests:
        for reason, count in ingest[key].items():
            counts[reason] = counts.get(reason, 0) + count
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(counts.items())) or "none"


def main(arguments):
    first, again = read_lines(arguments[0]), read_lines(arguments[1])
    packs = by_pack(first)
    table("Rows read = new + changed + unchanged + merged + left out + quarantined", ROWS,
          [(f"{pack} ({len(group)} files)", add([i["rows"] for i in group]))
           for pack, group in packs.items()])
    for pack, group in packs.items():
        print(f"{pack}: left out by rule: {reasons(group, 'left_out')}; "
              f"quarantined: {reasons(group, 'quarantined')}")
    fhrs = next((group for pack, group in packs.items() if pack.startswith("uk-fhrs")), [])
    table("Food hygiene: complete snapshots in order, in records", RECORDS,
          [(i["file"], add(list(i["records"].values()))) for i in fhrs])
    table("The newest state of each file once more: only unchanged", ROWS,
          [(f"{pack} ({len(group)} files)", add([i["rows"] for i in group]))
           for pack, group in by_pack(again).items()])
    bad = [i["file"] for i in first + again if not i["adds_up"] or i["outcome"] != "OK"]
    bad += [f"{i['file']} the second time" for i in again
            if i["rows"]["new"] or i["rows"]["changed"]]
    if bad:
        print(f"\nNOT RIGHT: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
