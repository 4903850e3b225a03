"""Checks on the documents: links, decisions, the format pages, and the list of errors."""
import re

from tree import Finding

DECISION_HEADINGS = ["Decision", "Rationale", "Approach"]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# A path in back quotes or plain words that looks like one of ours: docs/x.md, gateway/y/z.h
_PATH = re.compile(
    r"`((?:docs|gateway|adapters|schemas|scripts|tests|conformance|certs)/[\w./-]+)`")


def without_code(text):
    return re.sub(r"^```.*?^```", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M | re.S)


def anchors_of(text):
    """The names that headings give, as GitHub makes them."""
    names = set()
    for title in re.findall(r"^#{1,6} (.+)$", without_code(text), re.M):
        names.add(re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-"))
    return names


def resolve(folder, target):
    """`target` seen from `folder`, with .. taken away."""
    parts = []
    for part in f"{folder}/{target}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def links(files):
    """Links between documents lead somewhere, and so do paths in back quotes."""
    texts = {f.path: f.text for f in files}
    folders = {"/".join(f.path.split("/")[:n]) for f in files for n in range(1,
                                                                             f.path.count("/") + 1)}
    found = []
    for f in files:
        if f.suffix != ".md":
            continue
        body = without_code(f.text)
        for match in _LINK.finditer(body):
            target, _, anchor = match.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            line = body.count("\n", 0, match.start()) + 1
            path = resolve(f.folder, target) if target else f.path
            if path not in texts and path not in folders:
                found.append(Finding("link", f.path, line, f"{match.group(1)} leads nowhere"))
            elif anchor and path in texts and anchor not in anchors_of(texts[path]):
                found.append(Finding("link", f.path, line, f"#{anchor} is no heading of {path}"))
        for match in _PATH.finditer(body):
            path = match.group(1).rstrip("/.")
            if "NAME" in path or path in texts or path in folders:
                continue
            line = body.count("\n", 0, match.start()) + 1
            found.append(Finding("link", f.path, line, f"{path} does not exist"))
    return found


def decisions(files):
    """Dated, with the three headings, and in the index."""
    index = next((f.text for f in files if f.path == "docs/decisions/README.md"), "")
    found = []
    for f in files:
        if f.folder != "docs/decisions" or f.name == "README.md":
            continue
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md", f.name):
            found.append(Finding("decision", f.path, 0, "wants the name YYYY-MM-DD-title.md"))
        headings = re.findall(r"^## (.*)$", f.text, re.M)
        if headings != DECISION_HEADINGS:
            found.append(Finding("decision", f.path, 0, f"wants the headings {DECISION_HEADINGS}"))
        if f"({f.name})" not in index:
            found.append(Finding("decision", f.path, 0, "is not in docs/decisions/README.md"))
    return found


def format_index(files):
    index = next((f.text for f in files if f.path == "docs/formats/README.md"), "")
    return [Finding("format-index", f.path, 0, "is not in docs/formats/README.md") for f in files
            if f.folder == "docs/formats" and f.name != "README.md" and f"({f.name})" not in index]


def error_codes(files):
    """Codes in documents and packs are codes of the list: a renamed one is found everywhere."""
    listing = next((f.text for f in files if f.path == "gateway/base/errors.def"), "")
    codes = set(re.findall(r"^X\((\w+),", listing, re.M))
    page = next((f.text for f in files if f.path == "docs/reference/errors.md"), "")
    return [Finding("error-code", "gateway/base/errors.def", 0, f"{code} is not in the reference")
            for code in sorted(codes) if f"| `{code}` |" not in page]
