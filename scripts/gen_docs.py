#!/usr/bin/env python3
"""Writes docs/reference from the schemas and the list of errors.

    scripts/gen_docs.py           writes the pages
    scripts/gen_docs.py --check   only says which pages differ; exit code 1 if any does

Every message, enum, field and value must have a comment, above it or on its line; one without is an
error. A comment's word in brackets is the class: [header], [layer], [PUBLIC], [LOCAL] and so on;
without one the class is the one that the file's opening comment names after "Class of all".
"""
import pathlib
import re
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas" / "tombolo" / "v1"
ERRORS = ROOT / "gateway" / "base" / "errors.def"
OUT = ROOT / "docs" / "reference"
EXIT_CODES = {1: "trouble inside", 2: "wrong use", 3: "the operator must look at data",
              4: "the machine"}
MADE = "Made by `scripts/gen_docs.py` from `{source}`; change that file and run it again."


class Entry(NamedTuple):
    name: str
    number: str
    type: str  # empty for values of enums
    text: str


class Block(NamedTuple):
    kind: str  # message or enum
    name: str  # with the names of what it lies in
    text: str
    entries: list


_FIELD = re.compile(r"^(?P<type>(?:repeated |optional )?[\w.]+) (?P<name>\w+) = (?P<number>\d+)"
                    r"(?: \[[^\]]*\])?;$")
_VALUE = re.compile(r"^(?P<name>\w+) = (?P<number>\d+);$")
_OPEN = re.compile(r"^(?P<kind>message|enum|oneof) (?P<name>\w+) \{(?P<closed>\})?$")


def parse_proto(text, source):
    """(opening comment, blocks, complaints) of one .proto file."""
    opening, rest = split_opening(text)
    blocks, complaints, stack, comment = [], [], [], []
    for number, line in enumerate(rest, start=text.count("\n") + 1 - len(rest) + 1):
        code, _, trailing = (part.strip() for part in line.strip().partition("//"))
        if not code:
            # A blank line ends a comment that belongs to nothing below it.
            comment = comment + [trailing] if line.strip() else []
            continue
        words = " ".join(comment + ([trailing] if trailing else []))
        comment = []
        opened = _OPEN.match(code)
        if opened:
            outer = ".".join(b.name for b in stack[-1:] if b)
            name = f"{outer}.{opened['name']}" if outer else opened["name"]
            if opened["kind"] == "oneof":
                stack.append(stack[-1]._replace(kind="oneof " + opened["name"]))
            else:
                block = Block(opened["kind"], name, words, [])
                blocks.append(block)
                stack += [] if opened["closed"] else [block]
            continue
        if code == "}":
            stack.pop()
            continue
        entry = parse_entry(code, words, stack)
        if entry is None and not code.startswith(("syntax", "package", "import", "option",
                                                  "reserved")):
            complaints.append(f"{source}:{number}: cannot read {code!r}")
        elif entry is not None:
            stack[-1].entries.append(entry)
            if not entry.text:
                complaints.append(f"{source}:{number}: {entry.name} has no comment")
    complaints += [f"{source}: {b.kind} {b.name} has no comment" for b in blocks
                   if not b.text and not (b.kind == "message" and "." in b.name)
                   and b.name not in first_line(opening)]
    return opening, blocks, complaints


def split_opening(text):
    lines = text.split("\n")
    count = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    return " ".join(line[2:].strip() for line in lines[:count]), lines[count:]


def first_line(text):
    return text.split(". ")[0]


def parse_entry(code, words, stack):
    if not stack:
        return None
    field = _FIELD.match(code)
    if field and stack[-1].kind != "enum":
        kind = stack[-1].kind
        note = f"one of `{kind.split()[1]}`" if kind.startswith("oneof") else ""
        return Entry(field["name"], field["number"], field["type"],
                     "; ".join(part for part in (words, note) if part) if words else "")
    value = _VALUE.match(code)
    if value and stack[-1].kind == "enum":
        if value["number"] == "0" and value["name"].endswith("_UNSPECIFIED") and not words:
            words = "not said; an error where a value is needed"
        return Entry(value["name"], value["number"], "", words)
    return None


def cell(text):
    """As it may stand in a table: one line, no bars; the first letter as the author wrote it."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def class_of(text, default):
    match = re.search(r"\[(\w+)\]", text)
    if match:
        return (text[:match.start()] + text[match.end():]).strip().rstrip(".;").strip(), match[1]
    return text, default


def default_class(opening):
    match = re.search(r"Class of all(?: fields)?: (\w+)", opening)
    return match[1] if match else ""


def proto_page(path):
    """(page name, text, complaints)"""
    source = path.relative_to(ROOT).as_posix()
    opening, blocks, complaints = parse_proto(path.read_text(encoding="utf-8"), source)
    default = default_class(opening)
    out = [f"# {path.name}", "", cell(opening), "", MADE.format(source=source), ""]
    for block in blocks:
        out += [f"## {block.kind} {block.name}", ""]
        if block.text:
            out += [cell(block.text), ""]
        if not block.entries:
            if not block.text:
                out += ["No fields of its own.", ""]
            continue
        if block.kind == "enum":
            out += ["| value | number | meaning |", "|---|---|---|"]
            out += [f"| `{e.name}` | {e.number} | {cell(e.text)} |" for e in block.entries]
        else:
            out += ["| field | number | type | meaning | class |", "|---|---|---|---|---|"]
            for e in block.entries:
                text, kind = class_of(cell(e.text), default)
                out.append(f"| `{e.name}` | {e.number} | {e.type} | {text} | {kind} |")
        out.append("")
    return path.stem + ".md", "\n".join(out).rstrip() + "\n", complaints


_ERROR = re.compile(r'^X\((\w+),\s*(\d+),\s*(\d+),\s*((?:"(?:\\.|[^"\\])*"\s*)+)\)$', re.M)


def parse_errors(text):
    """[(group, [(name, exit code, HTTP status, doc)])]"""
    groups = []
    for part in re.split(r"^// --- ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        rows = [(m[1], int(m[2]), int(m[3]), "".join(re.findall(r'"((?:\\.|[^"\\])*)"', m[4])))
                for m in _ERROR.finditer(body)]
        groups.append((title.strip(), rows))
    return groups


def errors_page():
    source = ERRORS.relative_to(ROOT).as_posix()
    text = ERRORS.read_text(encoding="utf-8")
    groups = parse_errors(text)
    complaints = []
    if sum(len(rows) for _, rows in groups) != len(re.findall(r"^X\(", text, re.M)):
        complaints.append(f"{source}: an entry cannot be read")
    out = ["# Errors", "",
           "Every outward code of Tombolo. A message names file, row, column and value; the "
           "code says what kind of trouble it is and never changes its meaning.", "",
           MADE.format(source=source), "",
           "| exit code | of the program, when the first error is |",
           "|---|---|", "| 0 | none; also when rows went to quarantine, which the balance shows |"]
    out += [f"| {code} | {words} |" for code, words in EXIT_CODES.items()] + [""]
    for title, rows in groups:
        out += [f"## {title[:1].upper()}{title[1:]}", "",
                "| code | exit | HTTP | what it means, what to do |",
                "|---|---|---|---|"]
        out += [f"| `{name}` | {code} | {http} | {cell(doc)} |" for name, code, http,
                doc in rows] + [""]
    return "errors.md", "\n".join(out).rstrip() + "\n", complaints


def pages():
    """({page name: text}, complaints)"""
    results = [proto_page(path) for path in sorted(SCHEMAS.glob("*.proto"))] + [errors_page()]
    return {name: text for name, text, _ in results}, [c for _, _, found in results for c in found]


def main(arguments):
    texts, complaints = pages()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    differ = []
    for name, text in texts.items():
        path = OUT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            differ.append(name)
            if "--check" not in arguments:
                OUT.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for name in differ:
        print(("differs: " if "--check" in arguments else "written: ") + f"docs/reference/{name}")
    return 1 if complaints or (differ and "--check" in arguments) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
