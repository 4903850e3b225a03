"""Reads docs/layers.txt and judges every #include by it."""
import re
from typing import NamedTuple

from tree import Finding, is_cpp

# Headers of the system and of libraries that have no folder of their own, by the table's name.
LIBRARY_OF_HEADER = {
    "sqlite3.h": "sqlite3", "zlib.h": "zlib", "zip.h": "zip", "iconv.h": "iconv", "zstd.h": "zstd",
    "zstd_errors.h": "zstd",
}
# What a pure folder may not include, and what to take instead.
BANNED_IN_PURE = {
    "chrono": "a time as argument, or Clock of gateway/base/seams.h",
    "ctime": "gateway/base/date.h", "time.h": "gateway/base/date.h",
    "random": "Entropy of gateway/base/seams.h",
    "thread": "no threads here; the caller decides", "future": "no threads here",
    "condition_variable": "no threads here", "pthread.h": "no threads here",
    "semaphore": "no threads here", "barrier": "no threads here", "latch": "no threads here",
    "fstream": "text or ByteSource as argument", "filesystem": "text or ByteSource as argument",
    "iostream": "return the text", "csignal": "gateway/os", "signal.h": "gateway/os",
    "locale": "gateway/base/text.h", "clocale": "gateway/base/text.h", "regex": "POSIX regcomp",
}
# C headers that are no I/O; every other system header in .h belongs to I/O folders.
PLAIN_C_HEADERS = {"regex.h", "stdint.h", "stddef.h", "string.h", "stdlib.h", "limits.h"}
# Asio and Beast cost seconds a file, so only these files may include them.
ASIO_FILES = frozenset({"gateway/net/loop.cc", "gateway/net/http_parse.cc"})
_LINE = re.compile(r"^(\S+)\s+(\d+)\s+(P|IO)\s*:([^|]*)(?:\|(.*))?$")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


class Folder(NamedTuple):
    name: str
    layer: int
    pure: bool
    ours: frozenset
    libraries: frozenset


def parse_table(text):
    table = {}
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if not match:
            raise ValueError(f"docs/layers.txt:{number}: wants name, layer, P or IO, colon, edges")
        name, layer, kind, ours, libraries = match.groups()
        if name in table:
            raise ValueError(f"docs/layers.txt:{number}: {name} is there twice")
        table[name] = Folder(name, int(layer), kind == "P", frozenset(ours.split()),
                             frozenset((libraries or "").split()))
    return table


def table_findings(table):
    """Edges to unknown folders, upwards, or in a circle."""
    found = []
    def tell(text):
        found.append(Finding("layer-table", "docs/layers.txt", 0, text))
    for folder in table.values():
        for other in sorted(folder.ours):
            if other not in table:
                tell(f"{folder.name} may include {other}, which has no line of its own")
            elif table[other].layer > folder.layer:
                tell(f"{folder.name} may include {other}, which lies above it")
            elif folder.pure and not table[other].pure:
                tell(f"{folder.name} is pure and may include {other}, which is not")
    for name in table:
        if name in reachable(table, name):
            tell(f"{name} comes back to itself")
    return found


def reachable(table, start):
    seen, todo = set(), list(table[start].ours)
    while todo:
        name = todo.pop()
        if name not in seen and name in table:
            seen.add(name)
            todo += table[name].ours
    return seen


def includes_of(file):
    """(line, header, is quoted) of a C++ file."""
    return [(file.text.count("\n", 0, m.start()) + 1, m.group(2), m.group(1) == '"')
            for m in _INCLUDE.finditer(file.text)]


def target_of(header, table):
    """('ours', folder) | ('library', name) | ('system', header)"""
    if header.startswith("tombolo/v1/"):
        return "ours", "schemas"
    if header.startswith(("gateway/", "adapters/", "schemas/", "tests/", "conformance/")):
        return "ours", header.rsplit("/", 1)[0]
    if header in LIBRARY_OF_HEADER:
        return "library", LIBRARY_OF_HEADER[header]
    if "/" in header and not header.startswith(("sys/", "netinet/", "arpa/", "linux/")):
        return "library", header
    return "system", header


def include_findings(files, table):
    found = []
    for file in files:
        if not is_cpp(file) or not file.path.startswith(("gateway/", "adapters/", "schemas/")):
            continue
        if file.folder not in table:
            found.append(Finding("layer-folder", file.path, 0,
                                 f"{file.folder} has no line in docs/layers.txt"))
            continue
        for line, header, _ in includes_of(file):
            reason = judge(file, table[file.folder], header, table)
            if reason:
                found.append(Finding("layer-edge", file.path, line, reason))
    return found


def judge(file, folder, header, table):
    """Why `file` may not include `header`; None if it may."""
    kind, name = target_of(header, table)
    if header.startswith(("boost/asio", "boost/beast")) and file.path not in ASIO_FILES:
        return f"<{header}> is only for the files named in tests/tidy/layers.py"
    if kind == "ours":
        if name == folder.name or name in folder.ours:
            return None
        return f'"{header}": {folder.name} may not include {name}'
    if kind == "library":
        if any(name == lib or name.startswith((lib + "/", lib + ".")) for lib in folder.libraries):
            return None
        return f"<{header}>: {folder.name} may not use this library"
    if not folder.pure:
        return None
    if name in BANNED_IN_PURE:
        return f"<{name}> in a pure folder; take {BANNED_IN_PURE[name]}"
    if name.endswith(".h") and name not in PLAIN_C_HEADERS:
        return f"<{name}> in a pure folder; system calls live in gateway/os"
    return None


def cycle_findings(files):
    """Headers that include each other in a circle."""
    graph = {f.path: [h for _, h, quoted in includes_of(f) if quoted] for f in files if is_cpp(f)}
    found, done = [], set()
    def visit(path, trail):
        if path in trail:
            circle = " -> ".join(trail[trail.index(path):] + [path])
            found.append(Finding("include-cycle", path, 0, circle))
            return
        if path in done or path not in graph:
            return
        for header in graph[path]:
            visit(header, trail + [path])
        done.add(path)
    for path in sorted(graph):
        visit(path, [])
    return found
