"""Tables of the demonstration: what ingest made of the rows, and what each node holds by class."""

ROWS = ["read", "new", "changed", "unchanged", "merged", "left_out", "quarantined"]
RECORDS = ["new", "returned", "changed", "unchanged", "retracted"]


def add(rows):
    return {key: sum(row.get(key, 0) for row in rows) for row in rows[:1] for key in row}


def table(title, columns, lines):
    """`lines`: (name, {column: number or text})."""
    print(f"\n== {title}")
    width = max([len(name) for name, _ in lines] + [4])
    print(f"{'':{width}} " + " ".join(f"{c.replace('_', ' '):>11}" for c in columns))
    for name, row in lines:
        cells = [row.get(c, 0) for c in columns]
        print(f"{name:{width}} " + " ".join(f"{c:>11}" if isinstance(c, str) else f"{c:11,}"
                                            for c in cells))


def by_pack(ingests):
    packs = {}
    for ingest in ingests:
        packs.setdefault(ingest["pack"], []).append(ingest)
    return packs


def balances(ingests):
    """Every row of every file is accounted for; gives the files of which that is not so."""
    table("Rows read = new + changed + unchanged + merged + left out + quarantined", ROWS,
          [(f"{pack} ({len(group)} files)", add([i["rows"] for i in group]))
           for pack, group in by_pack(ingests).items()])
    return [i["file"] for i in ingests if not i["adds_up"] or i["outcome"] != "OK"]


def nothing_new(again):
    """The same files once more change nothing; gives those of which that is not so."""
    rows = add([i["rows"] for i in again])
    print(f"The same {len(again)} files once more: {rows['unchanged']:,} unchanged, "
          f"{rows['new'] + rows['changed']:,} new or changed.")
    return [f"{i['file']} the second time" for i in again
            if i["rows"]["new"] or i["rows"]["changed"]]


def holdings(rows):
    """`rows`: (holder, origin, {"records", "PUBLIC", "GOVERNMENT", "LIMITED"})."""
    table("Records that each party holds, and how many of them with content of each class",
          ["records", "PUBLIC", "GOVERNMENT", "LIMITED"],
          [(f"{holder} of {origin}", counts) for holder, origin, counts in rows])
