#!/usr/bin/env python3
"""A deterministic file of rows for the ingest bench, and the pack that reads it.

  make_rows.py ROWS OUT.csv    the rows: about 600 bytes each, Chinese and Latin names, 400 items,
                               zipf-distributed subjects
  make_rows.py --pack FOLDER   pack.yaml, catalogue.yaml and the SELECT; 20/30/50 % of the items are
                               limited, government and public

The same arguments always give the same bytes: the generator is its own.
"""
import os
import sys

ITEMS = 400


class Lcg:
    """Knuth's MMIX constants; the high bits are good enough for test data."""

    def __init__(self, seed):
        self.state = seed

    def next(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return (self.state >> 33) % bound


HAN = "上海宁波杭州温岭绍兴台嘉湖金华丽水衢舟山江南新大华东方信达通联合天地人和兴隆昌盛永泰安康福明光辉煌宏远博雅"
TRADE = ["贸易", "实业", "科技", "餐饮管理", "物流", "建筑工程", "医疗器械", "电子商务", "食品", "机械制造"]
LATIN = ["Harbour", "Northern", "Bridge", "Granite", "Willow", "Castle", "Meadow", "Union",
         "Pioneer", "Summit"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [pow(3, i, 31) for i in range(17)]
COLUMNS = ["doc_no", "item", "code", "name", "authority", "decided", "valid_from", "valid_until",
           "kind", "title", "facts", "basis", "amount", "status", "area", "address", "remark"]


def organisation(number):
    """An organisation code of GB 11714: eight characters and their check character."""
    body = "MA" + "".join(ALPHABET[number // 31**shift % 31] for shift in range(5, -1, -1))
    total = sum(int(c, 36) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2)))
    return body + "0123456789X"[(11 - total % 11) % 11]


def uscc(number):
    """A credit code of GB 32100, both of its check characters right."""
    body = "91310115" + organisation(number)
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, WEIGHTS))
    return body + ALPHABET[(31 - total % 31) % 31]


def zipf(lcg, subjects):
    """Subject number with a density close to 1/n: the inverse of the harmonic sum's logarithm."""
    u = lcg.next(1 << 30) / (1 << 30)
    return min(subjects - 1, int(subjects ** u) - 1)


def make_pool():
    lcg = Lcg(7)
    return "".join(HAN[lcg.next(len(HAN))] for _ in range(1 << 16))


POOL = make_pool()


def text(lcg, size):
    """A slice of a long random text: as varied as the store can tell, and quick to make."""
    at = lcg.next(len(POOL) - size)
    return POOL[at:at + size]


def name_of(subject):
    lcg = Lcg(subject * 2654435761 + 1)
    if subject % 4 == 0:
        return f"{LATIN[lcg.next(10)]} {LATIN[lcg.next(10)]} {lcg.next(9000) + 1000} Limited"
    return text(lcg, 6) + TRADE[lcg.next(10)] + "有限公司"


def write_rows(rows, path):
    lcg = Lcg(20261122)
    subjects = max(1, rows // 4)
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(",".join(COLUMNS) + "\n")
        for i in range(rows):
            subject = zipf(lcg, subjects)
            item = lcg.next(ITEMS)
            year, month, day = 2010 + lcg.next(14), 1 + lcg.next(12), 1 + lcg.next(28)
            cells = [
                f"沪监〔{year}〕{i:08d}号", f"{item:03d}", uscc(subject), name_of(subject),
                f"上海市第{item % 40:02d}监督管理局", f"{year}-{month:02d}-{day:02d}",
                f"{year}-{month:02d}-{day:02d}",
                f"{year + 3}/{month}/{day}", str(1 + lcg.next(7)), text(lcg, 12), text(lcg, 90),
                f"《{text(lcg, 8)}条例》第{lcg.next(90)}条",
                f"{lcg.next(900)}.{lcg.next(100):02d}万元", str(lcg.next(3)), "310115",
                f"上海市{text(lcg, 4)}路{lcg.next(2000)}号{lcg.next(30)}幢",
                text(lcg, 10)]
            out.write(",".join(cells) + "\n")


CATALOGUE_ITEM = """  - code: bench.item{n:03d}
    title: Bench item {n:03d}
    kind: ADMINISTRATIVE_ACT
    polarity: BASIC
    subject_kinds: [ORGANISATION]
    sharing_class: {cls}
    identity_scope: bench.item{n:03d}
    legal_basis:
      - {{title: Bench instrument, article: "1", level: LAW}}
    authorities:
      - {{name: Bench authority, level: COUNTY, kind: ADMINISTRATIVE}}
    fields:
      - {{name: subject.id, title: Code, type: IDENTIFIER, scheme: cn.uscc, sharing_class: PUBLIC}}
      - {{name: subject.name, title: Name, type: TEXT, sharing_class: PUBLIC, required: true}}
      - {{name: authority.unit, title: Unit, type: TEXT, sharing_class: PUBLIC}}
      - {{name: decision.number, title: Number, type: TEXT, sharing_class: PUBLIC, required: true}}
      - {{name: act.kind, title: Kind, type: CODE, code_list: bench_kind, sharing_class: PUBLIC}}
      - {{name: act.title, title: Title, type: TEXT, sharing_class: PUBLIC}}
      - {{name: act.facts, title: Facts, type: TEXT, sharing_class: GOVERNMENT}}
      - {{name: act.basis, title: Basis, type: TEXT, sharing_class: PUBLIC}}
      - {{name: act.amount, title: Amount, type: AMOUNT, sharing_class: GOVERNMENT}}
      - {{name: act.status, title: Status, type: INTEGER, sharing_class: GOVERNMENT}}
      - {{name: premises.area, title: Division, type: TEXT, sharing_class: PUBLIC}}
      - {{name: premises.address, title: Address, type: TEXT, sharing_class: GOVERNMENT}}
      - {{name: act.note, title: Note, type: TEXT, sharing_class: LIMITED}}
"""


def write_pack(folder):
    os.makedirs(folder, exist_ok=True)

    def put(name, content):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(content)

    classes = ["LIMITED"] * 2 + ["GOVERNMENT"] * 3 + ["PUBLIC"] * 5
    put("catalogue.yaml", "name: bench\ntitle: Bench catalogue\nversion: \"1\"\nprofile: cn\n"
        "locality: Nowhere\n"
        "code_lists:\n  - {name: bench_kind, file: bench_kind.csv}\nitems:\n"
        + "".join(CATALOGUE_ITEM.format(n=n, cls=classes[n % 10]) for n in range(ITEMS)))
    put("bench_kind.csv", "code,label\n" + "".join(f"{k},Kind {k}\n" for k in range(1, 8)))
    put("bench_money.csv", "unit,factor,currency\n万元,10000,CNY\n")
    columns = "".join(f"      - {{name: {c}}}\n" for c in COLUMNS)
    more = ", ".join(f"bench.item{n:03d}" for n in range(1, ITEMS))
    put("pack.yaml", f"""name: bench
title: Rows of the ingest bench
version: 1
catalogue: catalogue.yaml
code_lists: [bench_money.csv]
sources:
  - name: acts
    format: CSV
    files: ["rows*.csv"]
    encoding: UTF-8
    columns:
{columns}records:
  - name: acts
    item: bench.item000
    more_items: [{more}]
    source: acts
    sql_file: acts.sql
""")
    put("acts.sql", SQL)


SQL = """SELECT _row AS _rows,
  'bench.item' || item AS _item,
  doc_no AS key_1,
  parse_date(decided, 'YYYY-MM-DD') AS decided_on,
  parse_date(valid_from, 'YYYY-MM-DD') AS valid_from,
  parse_date(valid_until, 'YYYY/M/D') AS valid_until,
  ident('cn.uscc', code) AS "subject.id",
  clean(name) AS "subject.name",
  authority AS "authority.unit",
  doc_no AS "decision.number",
  code('bench_kind', kind) AS "act.kind",
  title AS "act.title",
  facts AS "act.facts",
  basis AS "act.basis",
  amount(amount, 'bench_money') AS "act.amount",
  CASE status WHEN '' THEN NULL ELSE status END AS "act.status",
  area AS "premises.area",
  address AS "premises.address",
  remark AS "act.note"
FROM acts
"""

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--pack":
        write_pack(sys.argv[2])
    elif len(sys.argv) == 3:
        write_rows(int(sys.argv[1]), sys.argv[2])
    else:
        sys.exit(__doc__)
