"""The tables of messages here say the same as the schemas under schemas/tombolo/v1."""

import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import documents  # noqa: E402
import frames  # noqa: E402
import messages  # noqa: E402
from wire import EXPLICIT, IMPLICIT, ONEOF, PACKED, REPEATED, Enum, Message  # noqa: E402

NUMBERS = {"uint32": "u32", "uint64": "u64", "int64": "i64", "sint32": "s32", "sint64": "s64",
           "bool": "bool"}
FIELD = re.compile(r"(optional |repeated )?([\w.]+) (\w+) = (\d+);")
UNNAMED = {"Balance"}  # its rows are only counted


def schemas():
    """(message: {number: (label, type, name, in a oneof)}, enumerations: number of values)."""
    found, enums = {}, {}
    for path in sorted((HERE.parent / "schemas/tombolo/v1").glob("*.proto")):
        stack = []
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.split("//")[0].strip()
            opened = re.match(r"(message|enum|oneof) (\w+) \{", line)
            if opened:
                stack.append(opened.groups())
                (found if opened[1] == "message" else enums).setdefault(opened[2], {})
            elif line == "}":
                stack.pop()
            elif stack and stack[-1][0] == "enum":
                value = re.match(r"(\w+) = (\d+);", line)
                if value:
                    enums[stack[-1][1]][int(value[2])] = value[1]
            elif stack and (field := FIELD.match(line)):
                message = [name for kind, name in stack if kind == "message"][-1]
                found[message][int(field[4])] = (field[1], field[2], field[3],
                                                 stack[-1][0] == "oneof")
    return found, enums


def tables():
    """Every Message that the modules here have, those inside others too."""
    todo = [v for module in (documents, frames, messages) for v in vars(module).values()
            if isinstance(v, Message)] + list(frames.MESSAGES.values())
    seen = {}
    while todo:
        message = todo.pop()
        seen[message.name] = message
        todo += [kind for _, kind, _ in message.fields.values()
                 if isinstance(kind, Message) and kind.name not in seen]
    return seen


class SchemaTest(unittest.TestCase):
    def check_field(self, field, enums, where):
        (label, kind, name, in_oneof), (own_name, own_kind, presence) = field
        number = kind in NUMBERS or kind in enums
        want = (ONEOF if in_oneof else PACKED if label == "repeated " and number else
                REPEATED if label == "repeated " else EXPLICIT if label else IMPLICIT)
        if isinstance(own_kind, Message):
            self.assertEqual(own_kind.name, kind.split(".")[-1], where)
            want = presence if presence in (IMPLICIT, EXPLICIT) and want == IMPLICIT else want
        elif isinstance(own_kind, Enum):
            self.assertEqual(len(own_kind.names), max(enums[kind]), where)
        else:
            self.assertEqual(own_kind, {**NUMBERS, "string": "str"}.get(kind, kind), where)
        self.assertEqual((own_name, presence), (name, want), where)

    def test_every_table(self):
        found, enums = schemas()
        for name, message in tables().items():
            self.assertEqual(message.fields.keys(), found[name].keys(), name)
            if name in UNNAMED:
                continue
            for number, own in message.fields.items():
                self.check_field((found[name][number], own), enums, f"{name} {number}")

    def test_nothing_is_passed_over(self):
        found, enums = schemas()
        names = tables().keys()
        self.assertGreater(len(names), 45)
        self.assertEqual(tuple(enums["FrameType"][n] for n in range(1, 18)), frames.TYPE_NAMES)
        self.assertEqual(tuple(enums["DocumentKind"][n] for n in range(1, 7)),
                         documents.KIND_NAMES)
        for file in ("registry", "policy", "exchange"):
            text = (HERE.parent / f"schemas/tombolo/v1/{file}.proto").read_text(encoding="utf-8")
            for name in re.findall(r"^message (\w+)", text, re.MULTILINE):
                self.assertIn(name, names, file)


if __name__ == "__main__":
    unittest.main()
