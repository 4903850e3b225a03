"""The source tree as the tidy tests see it: its files, their text, and what is excepted."""
import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED_FOLDERS = {"build", ".git", ".cache", "__pycache__"}
# Files whose bytes are data and not text that somebody wrote here.
DATA_SUFFIXES = {".csv", ".tsv", ".xml", ".json", ".ndjson", ".zip", ".gz", ".bin", ".txt", ".der"}
PRODUCT_FOLDERS = ("gateway", "adapters", "schemas")


class Finding(NamedTuple):
    """One thing that a check does not like."""
    check: str
    path: str
    line: int  # from 1; 0 = the file as a whole
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.check}]"


class SourceFile(NamedTuple):
    path: str  # relative to the root, with forward slashes
    text: str

    @property
    def name(self):
        return self.path.rsplit("/", 1)[-1]

    @property
    def folder(self):
        return self.path.rsplit("/", 1)[0] if "/" in self.path else ""

    @property
    def suffix(self):
        return "." + self.name.rsplit(".", 1)[-1] if "." in self.name else ""

    def lines(self):
        return list(enumerate(self.text.split("\n"), start=1))


def all_paths(root=ROOT):
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not SKIPPED_FOLDERS.intersection(parts):
            found.append("/".join(parts))
    return found


def read_tree(root=ROOT):
    """Every file of the project; data and what is no UTF-8 come with an empty text."""
    files = []
    for path in all_paths(root):
        text = ""
        if not is_data(path):
            try:
                text = (root / path).read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                pass
        files.append(SourceFile(path, text))
    return files


def is_data(path):
    """True for samples, golden output, vectors and corpora, which look as they must look."""
    if path.endswith("/CMakeLists.txt"):
        return False
    return pathlib.PurePosixPath(path).suffix in DATA_SUFFIXES and path.startswith(
        ("adapters/packs/", "adapters/profiles/", "conformance/", "tests/"))


def is_cpp(file):
    return file.suffix in (".h", ".cc")


def is_product(file):
    return file.path.startswith(tuple(f + "/" for f in PRODUCT_FOLDERS))


_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip_cpp(text, keep_strings=False):
    """C++ without comments and the insides of literals; every line keeps its number."""
    def blank(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        if keep_strings:
            return token
        quote = token[-1]
        return quote + "\n" * token.count("\n") + quote
    return _TOKEN.sub(blank, text)


def read_exceptions(text):
    """{(check, path): reason}; a line is check, path, and the reason to the line's end."""
    exceptions = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(None, 2)
        if len(parts) != 3 or len(parts[2]) < 15:
            raise ValueError(f"exceptions.txt:{number}: wants check, path and a reason")
        if (parts[0], parts[1]) in exceptions:
            raise ValueError(f"exceptions.txt:{number}: is there twice")
        exceptions[(parts[0], parts[1])] = parts[2]
    return exceptions


def without_excepted(findings, exceptions, used):
    """Findings that no exception names; `used` collects the exceptions that were needed."""
    left = []
    for finding in findings:
        key = (finding.check, finding.path)
        if key in exceptions:
            used.add(key)
        else:
            left.append(finding)
    return left
