"""Checks an export of a node's streams; docs/formats/export.md."""

import base64
import binascii
import json

from audit import Feeds
from ledger import (BY_NAME, Tree, check_checkpoint, check_head)
from messages import (FIRST_DAY, check_audit_event, check_descriptor, check_layer,
                      check_record_header, check_retract, check_tombstone)
from wire import FormatError

FAILURES_SHOWN = 20
US_PER_DAY = 86400 * 1000000
PUT, RETRACT, TOMBSTONE = 1, 2, 3
PUBLIC_IS_OVER = (4, 6, 7)  # REPAIRED, WITHDRAWN, ANNULLED
ENTRY_TYPES = {"PUT": PUT, "RETRACT": RETRACT, "TOMBSTONE": TOMBSTONE}
KEYS = {
    "node": {"format", "origin", "suite", "public_key"},
    "stream": {"stream_id", "descriptor", "size", "root", "tick"},
    "head_proof": {"stream", "tick", "nonce", "index", "path"},
    "checkpoint": {"tick", "body", "signature"},
    "audit_event": {"seq", "event"},
    "end": {"streams", "entries", "checkpoints"}}
INTEGERS = {"format", "size", "tick", "seq", "index", "streams", "entries", "checkpoints"}


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise FormatError("a value is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise FormatError("a value is not base64 in its one form")
    return data


def unhex(text):
    try:
        data = bytes.fromhex(text)
    except (TypeError, ValueError) as error:
        raise FormatError("a value is not hex") from error
    if data.hex() != text:
        raise FormatError("a value is not lower-case hex")
    return data


def _object(pairs):
    out = dict(pairs)
    if len(out) != len(pairs):
        raise FormatError("a key stands twice")
    return out


def parse_line(line):
    try:
        item = json.loads(line, object_pairs_hook=_object)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError("the line is not JSON") from error
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise FormatError("the line is not an object with a type")
    if item["type"] == "entry":
        keys = {"stream", "seq", "leaf_hash"} if "leaf_hash" in item else (
            {"stream", "seq", "entry_type", "header", "layers"} if item.get("entry_type") == "PUT"
            else {"stream", "seq", "entry_type", "header"})
    else:
        keys = KEYS.get(item["type"])
        if keys is None:
            raise FormatError(f"a line of unknown type {item['type']!r}")
        if item["type"] == "node":
            keys = keys | (item.keys() & {"holder"})
    if item.keys() - {"type"} != keys:
        raise FormatError(f"the keys of a {item['type']} line are {sorted(item.keys() - {'type'})}")
    for key in keys:
        value = item[key]
        want = int if key in INTEGERS else list if key in ("layers", "path") else str
        if type(value) is not want:  # not isinstance: true is an int in Python
            raise FormatError(f"{key} is not of type {want.__name__}")
        if want is int and not 0 <= value < 1 << 63:
            raise FormatError(f"{key} is out of bounds")
    return item


class Stream:
    def __init__(self, suite, line, number):
        self.stream_id, self.line_number = unhex(line["stream_id"]), number
        self.size, self.root, self.tick = line["size"], unhex(line["root"]), line["tick"]
        self.descriptor = unbase64(line["descriptor"])
        self.tree, self.kind, self.sharing_class = Tree(suite), None, 0
        self.item = ""
        self.versions = {}   # record id -> last version
        self.stubs = {}      # record id -> (seq, last day or None), not yet explained
        self.erased = set()  # numbers of erased entries
        self.with_content = set()
        self.named = set()   # numbers that tombstones name
        self.counts = {"PUT": 0, "RETRACT": 0, "TOMBSTONE": 0, "stubs": 0, "partial": 0}
        self.name = line["stream_id"][:12]


class ExportChecker:
    def __init__(self, level):
        self.level = level
        self.failures, self.failure_count = [], 0
        self.suite = self.public_key = self.origin = self.holder = None
        self.streams, self.current = {}, None
        self.heads, self.checkpoints, self.bodies = {}, {}, {}
        self.entries = self.ended = 0
        self.record_versions = set()
        self.line_number, self.layers, self.last_tick = 0, 0, 0
        self.feeds = Feeds()

    # --- reporting

    def fail(self, where, why):
        self.failure_count += 1
        if len(self.failures) < FAILURES_SHOWN:
            self.failures.append(f"{where}: {why}")

    def attempt(self, where, check, *args):
        """Runs a check; its FormatError becomes a failure. The result, or None."""
        try:
            return check(*args)
        except FormatError as error:
            self.fail(where, str(error))
            return None

    # --- lines

    def run(self, lines):
        for line in lines:
            self.line_number += 1
            self.attempt(f"line {self.line_number}", self.take, line)
            if self.suite is None:
                break  # without its first line nothing else can be checked
        if not self.ended:
            self.fail("end of file", "no end line: the export is truncated")
        self.close_stream()
        self.finish()

    def take(self, line):
        if not line.endswith(b"\n"):
            raise FormatError("the line is not ended: the export is truncated")
        item = parse_line(line)
        if self.ended:
            raise FormatError("a line follows the end line")
        kind = item["type"]
        if (kind == "node") != (self.line_number == 1):
            raise FormatError("the node line is not the first or not the only one")
        getattr(self, "take_" + kind)(item)

    def take_node(self, item):
        if item["format"] != 1:
            raise FormatError(f"format {item['format']} is not known")
        if item["suite"] not in BY_NAME:
            raise FormatError(f"suite {item['suite']!r} is not known")
        self.public_key = unbase64(item["public_key"])
        self.origin, self.suite = item["origin"], BY_NAME[item["suite"]]
        self.holder = item.get("holder")
        if self.holder == self.origin:
            raise FormatError("the holder is the origin itself")

    def take_stream(self, item):
        self.close_stream()
        if self.checkpoints or self.heads:
            raise FormatError("a stream follows the checkpoints")
        stream = Stream(self.suite, item, self.line_number)
        if stream.stream_id in self.streams:
            raise FormatError("the stream stands twice")
        self.streams[stream.stream_id] = self.current = stream
        if stream.size < 1 or stream.tick < 1:
            raise FormatError("size and tick count from 1")
        if self.suite.stream_id(stream.descriptor) != stream.stream_id:
            raise FormatError("the stream id is not the hash of the descriptor")
        if self.level >= 3:
            self.check_descriptor(stream)

    def check_descriptor(self, stream):
        fields = check_descriptor(stream.descriptor)
        stream.kind, stream.sharing_class = fields["kind"], fields["sharing_class"]
        stream.item = fields.get("item", "(audit log)")
        if fields["origin"] != self.origin:
            raise FormatError(f"the stream is of origin {fields['origin']!r}")
        audits = [s for s in self.streams.values() if s.kind == 2]
        if len(audits) > 1:
            raise FormatError("a second audit log")

    def next_seq(self, seq):
        stream = self.current
        if stream is None:
            raise FormatError("an entry outside a stream")
        want = stream.tree.size + 1
        if seq != want:
            raise FormatError(f"entry {seq} where {want} is due")
        self.entries += 1
        return stream

    def take_audit_event(self, item):
        stream = self.next_seq(item["seq"])
        event = unbase64(item["event"])
        stream.tree.append(self.suite.leaf(event))
        if self.level >= 3:
            if stream.kind != 2:
                raise FormatError("an audit event in a stream of records")
            self.feeds.take(check_audit_event(event))

    def take_entry(self, item):
        stream = self.next_seq(item["seq"])
        leaf = bytes(self.suite.hash_bytes)  # in place of a leaf that cannot be computed
        try:
            if unhex(item["stream"]) != stream.stream_id:
                raise FormatError("an entry of another stream")
            leaf = self.entry_leaf(stream, item)
        finally:
            stream.tree.append(leaf)
        if self.level >= 3:
            self.check_entry(stream, item)

    def entry_leaf(self, stream, item):
        if "leaf_hash" in item:
            leaf = unbase64(item["leaf_hash"])
            if len(leaf) != self.suite.hash_bytes:
                raise FormatError("the leaf hash has a wrong size")
            return leaf
        entry_type = ENTRY_TYPES.get(item["entry_type"])
        if entry_type is None:
            raise FormatError(f"an entry of unknown type {item['entry_type']!r}")
        header = item["header"] = unbase64(item["header"])
        hashes = ()
        if entry_type == PUT:
            if len(item["layers"]) != 3:
                raise FormatError("a PUT has three layers")
            hashes = [self.layer_hash(i, layer) for i, layer in enumerate(item["layers"])]
        commitment = self.suite.commitment(entry_type, stream.stream_id, header, hashes)
        return self.suite.leaf(commitment)

    def layer_hash(self, index, layer):
        if not isinstance(layer, dict):
            raise FormatError("a layer is not an object")
        if layer.keys() == {"hash"}:
            value = unbase64(layer["hash"])
            if len(value) != self.suite.hash_bytes:
                raise FormatError("a layer's hash has a wrong size")
            return value
        if layer.keys() != {"salt", "content"}:
            raise FormatError("a layer has neither salt and content nor a hash")
        salt, content = unbase64(layer["salt"]), unbase64(layer["content"])
        if len(salt) != self.suite.salt_bytes:
            raise FormatError("a salt has a wrong size")
        layer["content"] = content
        self.layers += 1
        return self.suite.layer_hash(index + 1, salt, content)

    def take_head_proof(self, item):
        self.close_stream()
        stream_id = unhex(item["stream"])
        if stream_id in self.heads:
            raise FormatError("a second head proof of a stream")
        self.heads[stream_id] = (item["tick"], unbase64(item["nonce"]), item["index"],
                                 [unbase64(node) for node in item["path"]], self.line_number)

    def take_checkpoint(self, item):
        self.close_stream()
        tick = item["tick"]
        if tick <= self.last_tick:
            raise FormatError("checkpoints do not rise by tick")
        self.last_tick = tick
        self.checkpoints[tick] = (unbase64(item["body"]), unbase64(item["signature"]),
                                  self.line_number)

    def take_end(self, item):
        self.close_stream()
        self.ended = 1
        for key, got in (("streams", len(self.streams)), ("entries", self.entries),
                         ("checkpoints", len(self.checkpoints))):
            if item[key] != got:
                raise FormatError(f"the end line counts {item[key]} {key}, the file has {got}")

    # --- meaning

    def check_entry(self, stream, item):
        if stream.kind == 2:
            raise FormatError("an entry of records in the audit log")
        seq = item["seq"]
        if "leaf_hash" in item:
            stream.erased.add(seq)
            return
        stream.counts[item["entry_type"]] += 1
        if item["entry_type"] == "TOMBSTONE":
            stream.named.update(check_tombstone(item["header"], seq)["erased_seqs"])
            return
        if item["entry_type"] == "RETRACT":
            header = check_retract(item["header"])
        else:
            header = check_record_header(item["header"])
            self.check_layers(stream, item)
        record_id, version = header["record_id"], header["version"]
        if version <= stream.versions.get(record_id, 0):
            raise FormatError(f"version {version} of record {record_id.hex()} does not rise")
        stream.versions[record_id] = version
        if (record_id, version) in self.record_versions:
            raise FormatError(f"version {version} of record {record_id.hex()} stands twice")
        self.record_versions.add((record_id, version))
        stream.stubs.pop(record_id, None)  # this entry explains the record's earlier stubs
        if item["entry_type"] == "PUT" and all("hash" in layer for layer in item["layers"]):
            stream.stubs[record_id] = (seq, self.last_day(header))

    def last_day(self, header):
        """Up to when an entry has content by its own header; None: without end."""
        names = ("share_until", "publish_until") if self.holder else ("share_until",)
        days = [header[name] for name in names if name in header]
        if self.holder and header["state"] in PUBLIC_IS_OVER:
            return FIRST_DAY - 1
        return min(days, default=None)

    def check_layers(self, stream, item):
        with_content = 0
        for index, layer in enumerate(item["layers"]):
            if "hash" in layer:
                continue
            with_content += 1
            if index + 1 < stream.sharing_class and layer["content"]:
                raise FormatError("a layer more open than the stream's class is not empty")
            check_layer(layer["content"])
        if with_content:
            stream.with_content.add(item["seq"])
        stream.counts["stubs" if not with_content else "partial"] += with_content < 3

    # --- the end

    def close_stream(self):
        stream, self.current = self.current, None
        if stream is None:
            return
        where = f"stream {stream.name} (line {stream.line_number})"
        if stream.tree.size != stream.size:
            self.fail(where, f"it has {stream.tree.size} entries, want {stream.size}")
        elif stream.tree.root() != stream.root:
            self.fail(where, "its entries do not have the root that is stated")

    def finish(self):
        if self.level < 2:
            return
        epoch = 0
        for tick, (body, signature, number) in self.checkpoints.items():
            where = f"checkpoint {tick} (line {number})"
            decoded = self.attempt(where, check_checkpoint, self.suite, self.public_key, body,
                                   signature)
            if decoded is None:
                continue
            self.bodies[tick] = decoded
            if decoded["tick"] != tick or decoded["origin"] != self.origin:
                self.fail(where, "its body names another tick or origin")
            if decoded["epoch"] < epoch:
                self.fail(where, "its epoch is lower than that of an earlier tick")
            epoch = max(epoch, decoded["epoch"])
        for stream in self.streams.values():
            self.finish_stream(stream)
        for stream_id in self.heads.keys() - self.streams.keys():
            self.fail(f"head proof of {stream_id.hex()[:12]}", "the stream is not in the file")
        for tick in self.checkpoints.keys() - {s.tick for s in self.streams.values()}:
            self.fail(f"checkpoint {tick}", "no stream names this tick")

    def finish_stream(self, stream):
        where = f"stream {stream.name} (line {stream.line_number})"
        head = self.heads.get(stream.stream_id)
        if head is None or head[0] != stream.tick:
            self.fail(where, "it has no head proof for its tick")
            return
        body = self.bodies.get(stream.tick)
        if body is None:
            self.fail(where, "its tick has no valid checkpoint")
            return
        self.attempt(f"head proof of {stream.name} (line {head[4]})", check_head, body,
                     stream.stream_id, stream.size, stream.root, *head[1:4])
        if self.level >= 3:
            self.check_explained(stream, where, body["time_us"] // US_PER_DAY)

    def check_explained(self, stream, where, today):
        for seq, last_day in stream.stubs.values():
            ended = last_day is not None and last_day < today
            if not ended and seq not in stream.named:
                self.fail(where, f"entry {seq} is a stub that nothing explains")
        for seq in sorted(stream.erased - stream.named):
            self.fail(where, f"entry {seq} is erased and no tombstone names it")
        for seq in sorted(stream.with_content & stream.named):
            self.fail(where, f"entry {seq} has content although a tombstone names it")

    # --- the table

    def table(self):
        rows = [("stream", "item", "class", "entries", "stubs", "erased", "tick")]
        names = ("", "PUBLIC", "GOVERNMENT", "LIMITED", "LOCAL")
        for stream in self.streams.values():
            rows.append((stream.name, stream.item, names[stream.sharing_class],
                         str(stream.tree.size), str(stream.counts["stubs"]),
                         str(len(stream.erased)), str(stream.tick)))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                 for row in rows]
        lines.append(f"{len(self.streams)} streams, {self.entries} entries, {self.layers} layers, "
                     f"{len(self.checkpoints)} checkpoints, level {self.level}: "
                     + ("all verified" if not self.failure_count
                        else f"{self.failure_count} FAILURES"))
        return "\n".join(lines)


def check_export(path, level):
    checker = ExportChecker(level)
    with open(path, "rb") as lines:
        checker.run(lines)
    return checker
