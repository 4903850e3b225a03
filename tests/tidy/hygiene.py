"""Checks on the tree as a whole: dead files, names, words and secrets that do not belong here."""
import re

from tree import Finding, is_cpp, is_product, strip_cpp

# Written so that no pattern finds itself.
WORDS = [
    ("todo", r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b",
     "finish it, or say in docs what is not there yet"),
    ("workplace", r"/wor[k]/|/tm[p]/tb\b|/hom[e]/[a-z]|/User[s]/[A-Z]|/roo[t]/",
     "a path of one machine"),
    ("workplace", r"(?i)\bissu[e]s? #?\d+\b|\bsub-?agen[t]s?\b|\blanguage mode[l]s?\b|\bchatgp[t]\b"
     r"|\bclaud[e]\b|\bthis sessio[n]\b|\bhelper sessio[n]\b",
     "words about how the work was organised"),
    ("private-key", r'-----BEGIN [A-Z ]*PRIVAT[E] KEY-----[\s"\\n]*[A-Za-z0-9+/]{24}',
     "keys are made when they are needed"),
]


def words(files):
    found = []
    for f in files:
        for check, pattern, why in WORDS:
            for match in re.finditer(pattern, f.text):
                line = f.text.count("\n", 0, match.start()) + 1
                found.append(Finding(check, f.path, line, f"{match.group(0)}: {why}"))
    return found


def names(files):
    found = []
    for f in files:
        if re.search(r"(^|/)(utils?|helpers?|misc|common)(/|\.|_)", f.path):
            found.append(Finding("name", f.path, 0, "name it after what it does"))
        if is_cpp(f):
            for match in re.finditer(r"\b(?:class|struct)\s+(\w*Manager)\b", strip_cpp(f.text)):
                line = f.text.count("\n", 0, match.start()) + 1
                found.append(Finding("name", f.path, line, f"{match.group(1)}: say what it does"))
        if f.name == "CMakeLists.txt" and re.search(r"^[^#\n]*\bGLOB", f.text, re.M):
            found.append(Finding("glob", f.path, 0, "list the files; a glob hides what is built"))
    return found


def dead_files(files):
    """Sources that no CMakeLists.txt names, headers that nobody includes, schemas not compiled."""
    cmake = {f.folder: f.text for f in files if f.name == "CMakeLists.txt"}
    included = set()
    for f in files:
        if is_cpp(f):
            included.update(re.findall(r'#\s*include\s*"([^"]+)"', f.text))
    found = []
    for f in files:
        if f.suffix == ".cc" and not listed(f, cmake):
            found.append(Finding("dead-file", f.path, 0, "no CMakeLists.txt above it names it"))
        if f.suffix in (".h", ".def") and f.path not in included:
            found.append(Finding("dead-file", f.path, 0, "nothing includes it"))
        if f.suffix == ".proto" and f.path.removeprefix("schemas/") not in cmake.get("schemas", ""):
            found.append(Finding("dead-file", f.path, 0, "schemas/CMakeLists.txt does not name it"))
    return found


def listed(file, cmake):
    """True if the CMakeLists.txt of the file's folder, or of one above, names the file."""
    if any(file.path in text for text in cmake.values()):
        return True
    folder, rest = file.folder, file.name
    while True:
        if re.search(r"(?<![\w./])" + re.escape(rest) + r"(?![\w.])", cmake.get(folder, "")):
            return True
        if not folder:
            return False
        folder, _, last = folder.rpartition("/")
        rest = f"{last}/{rest}"


def limits_tested(files):
    """The name of each limit stands in some test."""
    header = next((f for f in files if f.path == "gateway/base/limits.h"), None)
    if header is None:
        return []
    tests = "\n".join(f.text for f in files if f.path.startswith("tests/") and is_cpp(f))
    # Names without Max are sizes and targets, which nobody can exceed.
    limits = re.findall(r"constexpr \w+ (k\w+Max)\b", strip_cpp(header.text))
    return [Finding("limit-test", header.path, 0, f"no test names {name}") for name in limits
            if not re.search(rf"\b{name}\b", tests)]


def limits_in_one_place(files):
    """What bounds an input stands in gateway/base/limits.h and nowhere else."""
    pattern = re.compile(r"constexpr\s+\w[\w:<>]*\s+"
                         r"(k\w*(?:Bytes|Rows|Entries|Depth|Members)Max)\s*=\s*\d")
    found = []
    for f in files:
        if not (is_cpp(f) and is_product(f)) or f.path == "gateway/base/limits.h":
            continue
        code = strip_cpp(f.text)
        for match in pattern.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            found.append(Finding("limit-place", f.path, line,
                                 f"{match.group(1)}: gateway/base/limits.h"))
    return found
