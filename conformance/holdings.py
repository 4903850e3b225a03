"""What a node holds of another origin, against what it may hold: nothing more, nothing less.

Two exports are compared, the origin's own and that of the holder (docs/formats/export.md); what is
permitted is computed anew from the signed documents (policy.py). Both exports must have been
verified before. Pages: docs/formats/policy.md, stub_and_tombstone.md.
"""

import pathlib

from documents import from_file
from export import ENTRY_TYPES, PUT, RETRACT, parse_line, unbase64, unhex
from messages import DESCRIPTOR, HEADER
from messages import RETRACT as RETRACT_HEADER
from policy import Policy, may_hold
from registry import Trust
from wire import decode

LINES_SHOWN = 20


class Entry:
    """One entry as an export has it. `layers`: content by layer, or None where it is a hash."""

    def __init__(self, item):
        self.type = ENTRY_TYPES[item["entry_type"]] if "header" in item else None  # None: erased
        self.header = unbase64(item["header"]) if "header" in item else b""
        self.layers = {}
        for number, layer in enumerate(item.get("layers", []), start=1):
            self.layers[number] = None if "hash" in layer else (
                unbase64(layer["salt"]), unbase64(layer["content"]))


class Held:
    """The streams of records of one origin in an export."""

    def __init__(self, lines):
        self.streams, self.descriptors = {}, {}
        entries = None
        for line in lines:
            item = parse_line(line)
            if item["type"] == "node":
                self.origin, self.holder = item["origin"], item.get("holder", item["origin"])
            elif item["type"] == "stream":
                stream_id = unhex(item["stream_id"])
                descriptor = decode(DESCRIPTOR, unbase64(item["descriptor"]))
                entries = []
                if descriptor["kind"] == 1:
                    self.streams[stream_id], self.descriptors[stream_id] = entries, descriptor
            elif item["type"] == "entry":
                entries.append(Entry(item))

    def current(self):
        """(stream, index) of each record's last version, if that is a PUT."""
        last = {}
        for stream_id, entries in self.streams.items():
            for index, entry in enumerate(entries):
                if entry.type not in (PUT, RETRACT):
                    continue
                header = decode(HEADER if entry.type == PUT else RETRACT_HEADER, entry.header)
                known = last.get(header["record_id"], (0,))
                if header["version"] > known[0]:
                    last[header["record_id"]] = (header["version"], stream_id, index, entry.type)
        return {(where[1], where[2]) for where in last.values() if where[3] == PUT}


def read_export(path):
    with open(path, "rb") as lines:
        return Held(lines)


class Comparison:
    """`extra` and `missing` say in words what does not fit; `layers` counts what is held."""

    def __init__(self, origin, held, may):
        """`may`: (descriptor, header) -> the set of layers that the holder may have."""
        self.origin, self.held, self.may = origin, held, may
        self.extra, self.missing = [], []
        self.layers = {}   # (item, layer) -> entries whose layer is held with content
        self.entries = 0
        for stream_id in sorted(held.streams.keys() - origin.streams.keys()):
            self.extra.append(f"stream {stream_id.hex()[:12]}, which the origin does not have")
        current = origin.current()
        for stream_id, entries in origin.streams.items():
            self._stream(stream_id, entries, current)

    def _stream(self, stream_id, entries, current):
        descriptor = self.descriptor = self.origin.descriptors[stream_id]
        name = f"{descriptor['item']} class {descriptor['sharing_class']}"
        held = self.held.streams.get(stream_id, [])
        permitted = self.may(descriptor, b"")
        if held and not permitted:
            self.extra.append(f"{name}: the whole stream of {len(held)} entries")
            return
        if permitted and len(held) < len(entries):
            self.missing.append(f"{name}: entries {len(held) + 1} to {len(entries)}")
        if len(held) > len(entries):
            self.extra.append(f"{name}: entries {len(entries) + 1} to {len(held)}")
        for index, (theirs, ours) in enumerate(zip(entries, held)):
            self.entries += 1
            self._entry(f"{name}, entry {index + 1}", theirs, ours, (stream_id, index) in current)

    def _entry(self, where, theirs, ours, is_current):
        if theirs.type != ours.type or theirs.header != ours.header:
            erased = theirs.type is None
            (self.extra if erased else self.missing).append(
                f"{where}: " + ("content that its origin has erased" if erased else "its header"))
            return
        permitted = self.may(self.descriptor, theirs.header) if theirs.type == PUT else set()
        for layer, content in ours.layers.items():
            if content is None:
                if is_current and layer in permitted and theirs.layers[layer] is not None:
                    self.missing.append(f"{where}: layer {layer}")
                continue
            if layer not in permitted:
                self.extra.append(f"{where}: layer {layer}")
            elif theirs.layers[layer] not in (None, content):
                self.extra.append(f"{where}: layer {layer} has other content than at its origin")
            key = (self.descriptor["item"], layer)
            self.layers[key] = self.layers.get(key, 0) + 1

    def __str__(self):
        lines = [f"{self.held.holder} of {self.origin.origin}: {self.entries} entries, "
                 f"{sum(self.layers.values())} layers, {len(self.extra)} extra, "
                 f"{len(self.missing)} missing"]
        for word, found in (("extra", self.extra), ("missing", self.missing)):
            lines += [f"  {word}: {text}" for text in found[:LINES_SHOWN]]
        return "\n".join(lines)


# --- the documents of a folder

def _read(path):
    return from_file(pathlib.Path(path).read_text(encoding="utf-8"))


def read_trust(folder, now_us):
    """The registry as a Trust, from root.json, registry.json and timestamp.json of the folder."""
    folder = pathlib.Path(folder)
    trust = Trust(_read(folder / "root.json"), now_us)
    for path in sorted(folder.glob("list-*.json")):
        trust.offer(_read(path), now_us)
    for name in ("registry", "timestamp"):
        trust.offer(_read(folder / f"{name}.json"), now_us)
    return trust


def read_policy(folder, codes, registry):
    """The Policy of policy.json with those grants of the folder that it names; None without one."""
    folder = pathlib.Path(folder)
    if not (folder / "policy.json").exists():
        return None
    document = _read(folder / "policy.json")
    named = {item["id"] for item in Policy(document, [], codes, registry).body.get("grants", [])}
    return Policy(document, [_read(folder / f"grant-{name}.json") for name in sorted(named)], codes,
                  registry)


def permission(policy, registry, recipient, now_us, hubs=()):
    """What Comparison asks, for (id, purpose) and the hubs on its way; `policy` may be None."""
    given = policy if policy is not None else (None, registry)
    return lambda descriptor, header: may_hold(given, recipient, descriptor, header, now_us, hubs)


def public_key_of(registry, origin, spki):
    """Whether the key is one of the origin's signing keys in the registry."""
    members = [m for m in registry.get("members", []) if m["id"] == origin]
    return any(key["spki"] == spki for m in members for key in m["signing_keys"])

