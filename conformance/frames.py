"""Frames of tombolo/1 and the columns of ENTRIES; docs/formats/frame.md.

The standard library has no zstd, so a client made of this says `zstd` false in HELLO and refuses
what is compressed all the same.
"""

from audit import HEAD
from documents import SIGNED, refuse
from messages import (CLASS, LAYER_BYTES_MAX, check_record_header, check_retract,
                      check_tombstone)
from receipt import RECEIPT
from wire import (IMPLICIT, PACKED, REPEATED, FormatError, Message, Refused, decode, decode_any,
                  encode)

HEADING = 12
MIB = 1 << 20
TYPE_NAMES = ("HELLO", "PING", "CREDIT", "REFUSAL", "BYE", "DOCUMENT", "HELD", "SUBSCRIBE",
              "OFFER", "HEAD", "ENTRIES", "LAYERS", "FILL", "RECEIPT", "AUDIT_HEAD",
              "COUNTERSIGNATURE", "ALARM")
TYPES = {name: number for number, name in enumerate(TYPE_NAMES, 1)}
DATA = ("ENTRIES", "LAYERS")
LIMITS = {**dict.fromkeys(TYPE_NAMES, 16384), **dict.fromkeys(DATA, 4 * MIB),
          **dict.fromkeys(("DOCUMENT", "HELD", "SUBSCRIBE", "OFFER", "HEAD", "FILL", "RECEIPT"),
                          2 * MIB)}

POLICY_HELD = Message("PolicyHeld", {
    1: ("origin", "str", IMPLICIT), 2: ("version", "u64", IMPLICIT)})
HELD_STREAM = Message("HeldStream", {
    1: ("stream_id", "bytes", IMPLICIT), 2: ("size", "u64", IMPLICIT),
    3: ("root", "bytes", IMPLICIT), 4: ("epoch", "u64", IMPLICIT), 5: ("tick", "u64", IMPLICIT),
    6: ("cursors", "bytes", REPEATED)})
MESSAGES = {
    "HELLO": Message("Hello", {
        1: ("node", "str", IMPLICIT), 2: ("versions", "u32", PACKED),
        3: ("program", "str", IMPLICIT), 4: ("registry_version", "u64", IMPLICIT),
        5: ("timestamp_version", "u64", IMPLICIT), 6: ("root_version", "u64", IMPLICIT),
        7: ("policy_version", "u64", IMPLICIT), 8: ("credit_bytes", "u64", IMPLICIT),
        9: ("zstd", "bool", IMPLICIT), 10: ("time_us", "i64", IMPLICIT),
        11: ("ping_interval_ms", "u32", IMPLICIT), 12: ("epoch", "u64", IMPLICIT),
        13: ("tick", "u64", IMPLICIT)}),
    "PING": Message("Ping", {
        1: ("time_us", "i64", IMPLICIT), 2: ("registry_version", "u64", IMPLICIT),
        3: ("timestamp_version", "u64", IMPLICIT), 4: ("policy_version", "u64", IMPLICIT)}),
    "CREDIT": Message("Credit", {1: ("bytes", "u64", IMPLICIT)}),
    "REFUSAL": Message("Refusal", {
        1: ("code", "str", IMPLICIT), 2: ("message", "str", IMPLICIT),
        3: ("stream_id", "bytes", IMPLICIT), 4: ("retry", "bool", IMPLICIT),
        5: ("retry_after_ms", "u32", IMPLICIT)}),
    "BYE": Message("Bye", {1: ("reason", "str", IMPLICIT)}),
    "DOCUMENT": Message("DocumentFrame", {1: ("document", SIGNED, IMPLICIT)}),
    "HELD": Message("Held", {1: ("streams", HELD_STREAM, REPEATED)}),
    "SUBSCRIBE": Message("Subscribe", {
        1: ("purpose", "str", IMPLICIT), 2: ("items", "str", REPEATED),
        3: ("origins", "str", REPEATED), 4: ("policies", POLICY_HELD, REPEATED)}),
    "OFFER": Message("Offer", {
        1: ("stream_descriptor", "bytes", IMPLICIT), 2: ("layers", "u32", IMPLICIT),
        3: ("rule", "str", IMPLICIT), 4: ("path", "str", REPEATED),
        5: ("policy_version", "u64", IMPLICIT)}),
    "HEAD": HEAD,
    "ENTRIES": Message("Entries", {
        1: ("stream_id", "bytes", IMPLICIT), 2: ("first_seq", "u64", IMPLICIT),
        3: ("forms", "bytes", IMPLICIT), 4: ("headers", "bytes", REPEATED),
        5: ("contents", "bytes", REPEATED), 6: ("salts", "bytes", IMPLICIT),
        7: ("hashes", "bytes", IMPLICIT), 8: ("path", "bytes", REPEATED),
        9: ("cursor", "bytes", IMPLICIT)}),
    "LAYERS": Message("Layers", {
        1: ("stream_id", "bytes", IMPLICIT), 2: ("layer", CLASS, IMPLICIT),
        3: ("first_seq", "u64", IMPLICIT), 4: ("last_seq", "u64", IMPLICIT),
        5: ("seqs", "u64", PACKED), 6: ("contents", "bytes", REPEATED),
        7: ("salts", "bytes", IMPLICIT), 8: ("cursor", "bytes", IMPLICIT)}),
    "FILL": Message("Fill", {
        1: ("stream_id", "bytes", IMPLICIT), 2: ("layer", CLASS, IMPLICIT),
        3: ("seqs", "u64", PACKED)}),
    "RECEIPT": RECEIPT,
    "AUDIT_HEAD": Message("AuditHead", {
        1: ("head", HEAD, IMPLICIT), 2: ("from_size", "u64", IMPLICIT),
        3: ("path", "bytes", REPEATED)}),
    "COUNTERSIGNATURE": Message("Countersignature", {
        1: ("body", "bytes", IMPLICIT), 2: ("signature", "bytes", IMPLICIT)}),
    "ALARM": Message("Alarm", {
        1: ("code", "str", IMPLICIT), 2: ("first", HEAD, IMPLICIT),
        3: ("second", HEAD, IMPLICIT)})}

PUT, RETRACT, TOMBSTONE = 1, 2, 3
ERASED = 0x80
PAGE_ENTRIES_MAX = 32768


def write_frame(name, values, number):
    """A frame, not compressed."""
    payload = encode(MESSAGES[name], values)
    return (len(payload).to_bytes(4, "big") + bytes([TYPES[name], 0, 0, 0])
            + number.to_bytes(4, "big") + payload)


class FrameReader:
    """Cuts bytes into frames; after a refusal it is of no more use."""

    def __init__(self):
        self.data, self.number = bytearray(), 0

    def feed(self, data):
        self.data += data

    def next(self):
        """(name, payload) of the next whole frame, or None."""
        if len(self.data) < HEADING:
            return None
        size, number = (int.from_bytes(self.data[i:i + 4], "big") for i in (0, 8))
        kind, flags = self.data[4], self.data[5]
        refuse(not 1 <= kind <= len(TYPE_NAMES), "FRAME_UNKNOWN", f"type {kind}")
        name = TYPE_NAMES[kind - 1]
        refuse(size > LIMITS[name], "FRAME_TOO_LARGE", f"{name} of {size} bytes")
        refuse(number != self.number + 1, "FRAME_ORDER", f"number {number}")
        refuse(flags or self.data[6] or self.data[7], "FRAME_INVALID", "flags or reserved bytes")
        if len(self.data) < HEADING + size:
            return None
        payload = bytes(self.data[HEADING:HEADING + size])
        del self.data[:HEADING + size]
        self.number = number
        return name, payload


def read_payload(name, payload):
    """The frame's message; those of data frames must be canonical."""
    try:
        return (decode if name in DATA else decode_any)(MESSAGES[name], payload)
    except FormatError as error:
        raise Refused("FRAME_INVALID", str(error)) from error


class _Column:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def take(self, size):
        chunk = self.data[self.pos:self.pos + size]
        refuse(len(chunk) != size, "FRAME_INVALID", "a column ends too early")
        self.pos += size
        return chunk

    def next(self):
        return self.take(1)[0]


def check_form(form):
    entry_type = form & 3
    refuse(form & 0x0C, "FRAME_INVALID", "bits of a form that mean nothing")
    if form & ERASED:
        refuse(form != ERASED, "FRAME_INVALID", "an erased entry has other bits")
    else:
        refuse(entry_type == 0, "FRAME_INVALID", "an entry without type")
        refuse(entry_type != PUT and form & 0x70, "FRAME_INVALID", "layers of what is no PUT")


def read_entries(suite, page):
    """The entries of a decoded Entries message: {seq, type, header, hashes, shown, leaf}.

    `shown` maps a layer to (salt, content); the leaf of all but erased ones is made anew.
    """
    first, forms = page.get("first_seq", 0), page.get("forms", b"")
    refuse(first < 1 or not 1 <= len(forms) <= PAGE_ENTRIES_MAX, "FRAME_INVALID",
           "a page without number, without entries or with too many")
    refuse(len(page.get("stream_id", b"")) != suite.hash_bytes, "FRAME_INVALID", "the stream id")
    headers, contents = _Column(page.get("headers", [])), _Column(page.get("contents", []))
    salts, hashes = _Column(page.get("salts", b"")), _Column(page.get("hashes", b""))
    out = []
    for seq, form in enumerate(forms, first):
        check_form(form)
        if form & ERASED:
            out.append({"seq": seq, "type": 0, "leaf": hashes.take(suite.hash_bytes)})
            continue
        entry = {"seq": seq, "type": form & 3, "header": headers.next(), "hashes": [], "shown": {}}
        for layer in (1, 2, 3) if entry["type"] == PUT else ():
            if form >> 3 + layer & 1:
                salt, content = salts.take(suite.salt_bytes), contents.next()
                refuse(len(content) > LAYER_BYTES_MAX, "LIMIT_EXCEEDED", "a layer is too large")
                entry["shown"][layer] = (salt, content)
                entry["hashes"].append(suite.layer_hash(layer, salt, content))
            else:
                entry["hashes"].append(hashes.take(suite.hash_bytes))
        entry["leaf"] = suite.leaf(suite.commitment(entry["type"], page["stream_id"],
                                                    entry["header"], entry["hashes"]))
        out.append(entry)
    for column in (headers, contents, salts, hashes):
        refuse(column.pos != len(column.data), "FRAME_INVALID", "a column is not used up")
    return out


def check_header(entry):
    """The decoded header of an entry that has one, after its rules."""
    try:
        if entry["type"] == PUT:
            return check_record_header(entry["header"])
        if entry["type"] == RETRACT:
            return check_retract(entry["header"])
        return check_tombstone(entry["header"], entry["seq"])
    except FormatError as error:
        raise Refused("NOT_CANONICAL", str(error)) from error


def read_layers(suite, page):
    """[(seq, salt, content)] of a decoded Layers message."""
    seqs, contents = page.get("seqs", []), page.get("contents", [])
    first, last = page.get("first_seq", 0), page.get("last_seq", 0)
    refuse(page.get("layer") not in (1, 2, 3), "FRAME_INVALID", "no layer of records")
    refuse(not 1 <= first <= last, "FRAME_INVALID", "the stretch is empty")
    inside = not seqs or first <= seqs[0] and seqs[-1] <= last
    refuse(not inside or any(a >= b for a, b in zip(seqs, seqs[1:])), "FRAME_INVALID",
           "numbers out of order or of the stretch")
    salts = page.get("salts", b"")
    refuse(len(contents) != len(seqs) or len(salts) != len(seqs) * suite.salt_bytes,
           "FRAME_INVALID", "not one salt and content for each number")
    size = suite.salt_bytes
    return [(seq, salts[i * size:(i + 1) * size], contents[i]) for i, seq in enumerate(seqs)]
