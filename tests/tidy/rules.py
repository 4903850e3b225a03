"""The style checks: each takes the files of the tree and returns what it does not like."""
import ast
import re

from tree import Finding, is_cpp, is_product, strip_cpp

LINE_MAX, FUNCTION_MAX, HEADER_MAX, SOURCE_MAX, README_MAX = 100, 70, 200, 500, 40
CODE_SUFFIXES = {".h", ".cc", ".py", ".proto", ".def", ".cmake"}
README_HEADINGS = ["Purpose", "May include", "Included by", "Entry file", "Pure or I/O"]
# Folders that answer the five questions although they hold no source of their own.
README_FOLDERS = {"schemas", "certs", "tests", "conformance", "scripts"}


def is_code(file):
    return file.suffix in CODE_SUFFIXES or file.path.startswith((".ci/", "scripts/"))


def line_length(files):
    return [Finding("line-length", f.path, n, f"{len(line)} characters, at most {LINE_MAX}")
            for f in files if is_code(f) for n, line in f.lines() if len(line) > LINE_MAX]


def tabs(files):
    return [Finding("tab", f.path, n, "a tab; use blanks")
            for f in files if is_code(f) for n, line in f.lines() if "\t" in line]


def trailing_blanks(files):
    return [Finding("trailing-blank", f.path, n, "blanks at the line's end")
            for f in files if is_code(f) or f.suffix == ".md"
            for n, line in f.lines() if line != line.rstrip()]


def file_length(files):
    found = []
    for f in files:
        limit = {".h": HEADER_MAX, ".cc": SOURCE_MAX, ".py": SOURCE_MAX}.get(f.suffix)
        count = f.text.count("\n")
        if limit and count > limit:
            found.append(Finding("file-length", f.path, 0, f"{count} lines, at most {limit}"))
    return found


_TYPE_HEAD = re.compile(
    r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+|typedef\s+|static\s+|const\s+)*"
    r"(?:namespace|class|struct|union|enum|extern\s*\"\")", re.S)


def cpp_functions(text):
    """(first line, last line) of every function body outside other functions."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"),
                  strip_cpp(text), flags=re.M)
    functions, stack, head, line = [], [], "", 1
    for c in code:
        if c == "{":
            kind = "block"
            if not stack or stack[-1][0] == "type":
                is_type = _TYPE_HEAD.match(head) is not None
                kind = "type" if is_type else "function" if "(" in head else "block"
            start = line - head.lstrip().count("\n")
            stack.append((kind, start))
            head = ""
        elif c == "}":
            kind, start = stack.pop() if stack else ("block", line)
            if kind == "function":
                functions.append((start, line))
            head = ""
        elif c == ";" or (c == ":" and head.strip() in ("public", "private", "protected")):
            head = ""
        else:
            head += c
        line += c == "\n"
    return functions


def python_functions(text):
    return [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def function_length(files):
    found = []
    for f in files:
        ranges = (cpp_functions(f.text) if is_cpp(f) else
                  python_functions(f.text) if f.suffix == ".py" else [])
        for first, last in ranges:
            if last - first + 1 > FUNCTION_MAX:
                found.append(Finding("function-length", f.path, first,
                                     f"{last - first + 1} lines, at most {FUNCTION_MAX}"))
    return found


def folder_readmes(files):
    """Every folder with sources says in README.md what it is for, under the five headings."""
    folders = set(README_FOLDERS)
    for f in files:
        if (is_product(f) and is_cpp(f)) or \
                (f.path.startswith(("conformance/", "scripts/")) and f.suffix == ".py"):
            folders.add(f.folder)
        if f.path.startswith("tests/") and (is_cpp(f) or f.suffix == ".py"):
            folders.add("/".join(f.path.split("/")[:2]))
    texts = {f.path: f.text for f in files}
    found = []
    for folder in sorted(folders):
        path = f"{folder}/README.md"
        text = texts.get(path)
        if text is None:
            found.append(Finding("readme", path, 0, "is missing"))
            continue
        headings = re.findall(r"^## (.*)$", text, re.M)
        if headings != README_HEADINGS:
            found.append(Finding("readme", path, 0, f"wants the headings {README_HEADINGS}"))
        if text.count("\n") > README_MAX:
            found.append(Finding("readme", path, 0, f"more than {README_MAX} lines"))
        if re.search(r"^## .*\n+(?=## |\Z)", text, re.M):
            found.append(Finding("readme", path, 0, "a heading with nothing under it"))
    for f in files:
        parts = f.path.split("/")
        if f.path.startswith(("adapters/packs/", "adapters/profiles/")) and len(parts) == 4 and \
                f.name in ("pack.yaml", "profile.yaml") and f"{f.folder}/README.md" not in texts:
            found.append(Finding("readme", f"{f.folder}/README.md", 0, "is missing"))
    return found


def one_title(files):
    found = []
    for f in files:
        if f.suffix != ".md":
            continue
        prose = re.sub(r"^```.*?^```", "", f.text, flags=re.M | re.S)
        titles = re.findall(r"^# .+$", prose, re.M)
        if len(titles) != 1 or not f.text.startswith("# "):
            found.append(Finding("title", f.path, 1, "wants one title, on the first line"))
    return found


def header_comment(files):
    """A public header says first what it is for, who owns, which threads, which errors."""
    found = []
    for f in files:
        if f.suffix != ".h" or not (is_product(f) or f.path.startswith("tests/support/")):
            continue
        comment = re.match(r"(?://[^\n]*\n)+", f.text)
        text = comment.group(0) if comment else ""
        missing = [word for word in ("Ownership:", "Thread-safety:", "Errors:") if word not in text]
        if missing or len(text.split("\n")[0]) < 15:
            found.append(Finding("header-comment", f.path, 1,
                                 f"missing: {missing or 'the purpose'}"))
        guard = "TOMBOLO_" + re.sub(r"[^A-Z0-9]", "_", f.path.upper()) + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in f.text:
            found.append(Finding("header-guard", f.path, 1, f"wants the guard {guard}"))
    return found


# (what is banned, as it looks in code without comments; what to take instead)
BANNED = [
    (r"\bstd::(?:rand|srand|random_device|mt19937(?:_64)?)\b|\b(?:rand|srand)\s*\(",
     "Entropy of gateway/base/seams.h"),
    (r"\b(?:system|steady|high_resolution)_clock\b|\b(?:std::)?time\s*\(\s*(?:NULL|nullptr|0|&)"
     r"|\b(?:gettimeofday|clock_gettime)\s*\(|\babsl::Now\b", "Clock of gateway/base/seams.h"),
    (r"\bsleep_(?:for|until)\b|\b(?:sleep|usleep|nanosleep)\s*\(|\babsl::SleepFor\b",
     "an event, or a deadline that the caller gives"),
    (r"\b(?:secure_)?getenv\s*\(", "an argument or a field of the node's configuration"),
    (r"\b(?:SerializeToString|SerializeAsString|SerializeToArray|AppendToString)\s*\(",
     "gateway/record/canonical.h for what is hashed"),
    (r"\b(?:localtime|gmtime|mktime|strftime|strptime)(?:_r)?\s*\(", "gateway/base/date.h"),
    (r"\bsetlocale\s*\(|\bstd::locale\b|\btoupper\s*\(|\btolower\s*\(", "absl/strings/ascii.h"),
    (r"\babsl::(?:Mutex|MutexLock|CondVar)\b", "std::mutex"),
    (r"\bstd::regex\b", "POSIX regcomp, or a few lines of code"),
    (r"\bstd::sto(?:i|l|ll|ul|ull|f|d|ld)\b|\bato(?:i|l|ll|f)\s*\(|\bstrto(?:l|ll|ul|ull|d|f)\s*\(",
     "absl::SimpleAtoi, SimpleAtod"),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|scanf|sscanf|strtok)\s*\(", "std::string, StrCat"),
    (r"\b(?:system|popen|execl|execlp|execv|execvp)\s*\(", "the library that does it"),
    (r"\bthrow\b(?!\s*\(\s*\))", "Status, through gateway/base/error.h"),
    (r"(?<![\w.>])(?:exit|_exit|quick_exit)\s*\(", "Status; only main ends the program"),
    (r"\busing\s+namespace\b", "using declarations"),
    (r"\b(?:reinterpret|const)_cast\s*<[^>]*>\s*\(\s*this\b", "a better interface"),
    (r"\bstd::endl\b", "'\\n'"),
]


def banned_calls(files):
    found = []
    for f in files:
        if not (is_cpp(f) and f.path.startswith(("gateway/", "adapters/"))):
            continue
        code = strip_cpp(f.text)
        for pattern, instead in BANNED:
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                found.append(Finding("banned-call", f.path, line,
                                     f"{match.group(0).strip()}: take {instead}"))
    return found


def test_habits(files):
    """Tests neither sleep, nor read the wall clock, nor open a port of their own choice."""
    patterns = [(r"\bsleep_(?:for|until)\b|\b(?:sleep|usleep|nanosleep)\s*\(",
                 "never sleep in a test"),
                (r"\bsystem_clock\b|\btime\s*\(\s*(?:NULL|nullptr)\s*\)", "take FakeClock"),
                (r"\brandom_device\b|\bsrand\s*\(", "take FakeEntropy"),
                (r"\blisten\s*\([^)]*[1-9]\d{3}|\bport\s*=\s*[1-9]\d{3,4}\b", "take port 0")]
    found = []
    for f in files:
        if not (is_cpp(f) and f.path.startswith("tests/")) or f.path.startswith("tests/bench/"):
            continue
        code = strip_cpp(f.text)
        for pattern, instead in patterns:
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                found.append(Finding("test-habit", f.path, line, f"{match.group(0)}: {instead}"))
    return found


def units_in_names(files):
    pattern = re.compile(r"\b\w*(?:timeout|delay|interval|deadline)_?\b", re.I)
    found = []
    for f in files:
        if not (is_product(f) and (is_cpp(f) or f.suffix == ".proto")):
            continue
        for n, line in enumerate(strip_cpp(f.text).split("\n"), start=1):
            for match in pattern.finditer(line):
                after = line[match.end():].lstrip()
                if match.group(0)[0].islower() and not after.startswith(("(", "::")):
                    found.append(Finding("unit", f.path, n,
                                         f"{match.group(0)}: add _ms, _us or _s"))
    return found


PARSERS = ("adapters/readers/", "adapters/engine/", "gateway/config/", "gateway/record/",
           "gateway/store/", "gateway/ledger/")


def literal_sizes(files):
    """Sizes live in gateway/base/limits.h; one that is written into a parser nobody finds."""
    pattern = re.compile(r"(?<![\w.])(\d[\d']*)(?:[uUlLzZ]*)\b(?!\.\d)|<<\s*(?:10|20|30)\b")
    found = []
    for f in files:
        if not (is_cpp(f) and f.path.startswith(PARSERS)):
            continue
        code = strip_cpp(f.text)
        for match in pattern.finditer(code):
            number = int((match.group(1) or "1024").replace("'", ""))
            if number >= 1024 and number % 1024 == 0:
                line = code.count("\n", 0, match.start()) + 1
                found.append(Finding("literal-size", f.path, line,
                                     f"{match.group(0)}: name it in gateway/base/limits.h"))
    return found
