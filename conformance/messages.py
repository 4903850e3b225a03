"""The messages of schemas/tombolo/v1 that are hashed, and the rules on their content."""

import re

from wire import (EXPLICIT, IMPLICIT, ONEOF, PACKED, REPEATED, Enum, FormatError, Message, decode)

CLASS = Enum("PUBLIC", "GOVERNMENT", "LIMITED", "LOCAL")
STREAM_KIND = Enum("RECORDS", "AUDIT")
RECORD_KIND = Enum(*range(15))
POLARITY = Enum("BASIC", "NEGATIVE", "POSITIVE", "NEUTRAL")
STATE = Enum(*range(8))
AUDIT_TYPE = Enum(*range(35))

DESCRIPTOR = Message("StreamDescriptor", {
    1: ("kind", STREAM_KIND, IMPLICIT), 2: ("origin", "str", IMPLICIT),
    3: ("item", "str", IMPLICIT), 4: ("sharing_class", CLASS, IMPLICIT),
    5: ("generation", "u32", IMPLICIT)})
HEADER = Message("RecordHeader", {
    1: ("record_id", "bytes", IMPLICIT), 2: ("version", "u64", IMPLICIT),
    3: ("kind", RECORD_KIND, IMPLICIT), 4: ("polarity", POLARITY, IMPLICIT),
    5: ("state", STATE, IMPLICIT), 6: ("decided_on", "s32", EXPLICIT),
    7: ("effective_on", "s32", EXPLICIT), 8: ("valid_from", "s32", EXPLICIT),
    9: ("valid_until", "s32", EXPLICIT), 10: ("publish_until", "s32", EXPLICIT),
    11: ("share_until", "s32", EXPLICIT), 12: ("recorded_at_us", "i64", IMPLICIT)})
RETRACT = Message("RetractHeader", {
    1: ("record_id", "bytes", IMPLICIT), 2: ("version", "u64", IMPLICIT),
    3: ("recorded_at_us", "i64", IMPLICIT)})
TOMBSTONE = Message("TombstoneHeader", {
    1: ("erased_seqs", "u64", PACKED), 2: ("recorded_at_us", "i64", IMPLICIT)})
AMOUNT = Message("Amount", {1: ("minor_units", "s64", IMPLICIT), 2: ("currency", "str", IMPLICIT)})
IDENTIFIER = Message("Identifier", {1: ("scheme", "str", IMPLICIT), 2: ("value", "str", IMPLICIT)})
CODED = Message("CodedValue", {1: ("code", "str", IMPLICIT), 2: ("label", "str", IMPLICIT)})
TEXTS = Message("TextList", {1: ("items", "str", REPEATED)})
FIELD = Message("Field", {
    1: ("name", "str", IMPLICIT), 2: ("text", "str", ONEOF), 3: ("integer", "s64", ONEOF),
    4: ("date", "s32", ONEOF), 5: ("flag", "bool", ONEOF), 6: ("amount", AMOUNT, ONEOF),
    7: ("identifier", IDENTIFIER, ONEOF), 8: ("code", CODED, ONEOF), 9: ("texts", TEXTS, ONEOF),
    10: ("decimal", "str", ONEOF)})
LAYER = Message("Layer", {1: ("fields", FIELD, REPEATED)})
RANGE = Message("StreamRange", {
    1: ("stream_id", "bytes", IMPLICIT), 2: ("first_seq", "u64", IMPLICIT),
    3: ("last_seq", "u64", IMPLICIT)})
BALANCE = Message("Balance", {n: (f"rows_{n}", "u64", IMPLICIT) for n in range(1, 8)})
AUDIT_EVENT = Message("AuditEvent", {
    1: ("type", AUDIT_TYPE, IMPLICIT), 2: ("at_us", "i64", IMPLICIT),
    3: ("actor", "str", IMPLICIT), 4: ("correlation_id", "bytes", IMPLICIT),
    5: ("outcome", "str", IMPLICIT), 6: ("pack", "str", IMPLICIT),
    7: ("source_digest", "bytes", IMPLICIT), 8: ("ranges", RANGE, REPEATED),
    9: ("balance", BALANCE, EXPLICIT), 10: ("count", "u64", IMPLICIT),
    11: ("subject_ref", "bytes", IMPLICIT), 12: ("key_id", "bytes", IMPLICIT),
    13: ("detail", "str", IMPLICIT), 14: ("peer", "str", IMPLICIT),
    15: ("purpose", "str", IMPLICIT), 16: ("rule", "str", IMPLICIT),
    17: ("layers", "u32", IMPLICIT), 18: ("document_version", "u64", IMPLICIT),
    19: ("digest", "bytes", IMPLICIT), 20: ("until_us", "i64", IMPLICIT),
    21: ("origin", "str", IMPLICIT)})
POSITION = Message("Position", {
    1: ("stream_id", "bytes", IMPLICIT), 2: ("layer", CLASS, IMPLICIT),
    3: ("next_seq", "u64", IMPLICIT)})
CURSOR = Message("Cursor", {1: ("positions", POSITION, REPEATED)})

HEADER_BYTES_MAX = 4096
LAYER_BYTES_MAX = 1 << 20
TEXT_BYTES_MAX = 262144
NAME_BYTES_MAX = 64
ORIGIN_BYTES_MAX = 255
ITEM_BYTES_MAX = 64
FIRST_DAY, LAST_DAY = -719162, 2932896
DATES = ("decided_on", "effective_on", "valid_from", "valid_until", "publish_until", "share_until")

NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?\Z")
CURRENCY = re.compile(r"[A-Z]{3}\Z")
CONTROL_BUT_LF = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def require(condition, why):
    if not condition:
        raise FormatError(why)


def _is_day(value):
    return FIRST_DAY <= value <= LAST_DAY


def check_record_header(data):
    require(len(data) <= HEADER_BYTES_MAX, f"the header has {len(data)} bytes")
    header = decode(HEADER, data)
    require(len(header.get("record_id", b"")) == 16, "the record id does not have 16 bytes")
    require(header.get("version", 0) >= 1, "the version is 0")
    for name in ("kind", "polarity", "state"):
        require(name in header, f"the header has no {name}")
    for name in DATES:
        require(name not in header or _is_day(header[name]), f"{name} lies outside the calendar")
    require(header.get("recorded_at_us", 0) >= 0, "the header's time lies before 1970")
    return header


def check_retract(data):
    header = decode(RETRACT, data)
    require(len(header.get("record_id", b"")) == 16, "the record id does not have 16 bytes")
    require(header.get("version", 0) >= 1, "the version is 0")
    require(header.get("recorded_at_us", 0) >= 0, "the header's time lies before 1970")
    return header


def check_tombstone(data, own_seq):
    header = decode(TOMBSTONE, data)
    seqs = header.get("erased_seqs", [])
    require(seqs, "the tombstone names no entry")
    last = 0
    for seq in seqs:
        require(last < seq < own_seq, "the tombstone's numbers do not rise from 1 to below its own")
        last = seq
    require(header.get("recorded_at_us", 0) >= 0, "the header's time lies before 1970")
    return header


def check_descriptor(data):
    descriptor = decode(DESCRIPTOR, data)
    size = len(descriptor.get("origin", "").encode())
    require(1 <= size <= ORIGIN_BYTES_MAX, "the origin is empty or too long")
    require(descriptor.get("generation", 0) >= 1, "the generation is 0")
    kind, item = descriptor.get("kind", 0), descriptor.get("item", "")
    sharing_class = descriptor.get("sharing_class", 0)
    if kind == 2:
        require(item == "" and sharing_class == 4, "an AUDIT stream has an item or is not LOCAL")
    else:
        require(kind == 1, "the stream has no kind")
        require(1 <= len(item.encode()) <= ITEM_BYTES_MAX, "the item is empty or too long")
        require(1 <= sharing_class <= 3, "the class is not one of records")
    return descriptor


def _text(value, line_feed=True):
    # Four bytes a code point at most; only near the limit are they counted.
    require(value and (len(value) <= TEXT_BYTES_MAX // 4 or len(value.encode()) <= TEXT_BYTES_MAX),
            "a text is empty or too long")
    require(not CONTROL_BUT_LF.search(value), "a text has a control character")
    require(line_feed or "\n" not in value, "a line has a line feed")


def _check_value(field):
    if "text" in field:
        _text(field["text"])
    elif "texts" in field:
        require(field["texts"].get("items"), "a list of texts is empty")
        for item in field["texts"]["items"]:
            _text(item)
    elif "date" in field:
        require(_is_day(field["date"]), "a date lies outside the calendar")
    elif "amount" in field:
        require(CURRENCY.match(field["amount"].get("currency", "")), "a currency is not a code")
    elif "identifier" in field:
        scheme = field["identifier"].get("scheme", "")
        require(len(scheme) <= NAME_BYTES_MAX and NAME.match(scheme), "a scheme is not a name")
        _text(field["identifier"].get("value", ""), line_feed=False)
    elif "code" in field:
        _text(field["code"].get("code", ""), line_feed=False)
        if "label" in field["code"]:
            _text(field["code"]["label"], line_feed=False)
    elif "decimal" in field:
        value = field["decimal"]
        require(len(value) <= NAME_BYTES_MAX and value != "-0" and DECIMAL.match(value),
                "a decimal is not in normal form")
    else:
        require("integer" in field or "flag" in field, "a field has no value")


def check_layer(data):
    require(len(data) <= LAYER_BYTES_MAX, f"a layer has {len(data)} bytes")
    last = ""
    for field in decode(LAYER, data).get("fields", []):
        name = field.get("name", "")
        if len(name) > NAME_BYTES_MAX or not NAME.match(name):
            raise FormatError(f"{name!r} is not a field name")
        if last >= name:
            raise FormatError(f"field {name!r} stands out of order or twice")
        _check_value(field)
        last = name


def check_cursor(data):
    cursor = decode(CURSOR, data)
    last = (b"", 0)
    for position in cursor.get("positions", []):
        key = (position.get("stream_id", b""), position.get("layer", 0))
        require(len(key[0]) in (32, 48), "a stream id has a wrong size")
        require(1 <= key[1] <= 3, "a layer is not PUBLIC, GOVERNMENT or LIMITED")
        require(position.get("next_seq", 0) >= 1, "entry numbers count from 1")
        require(last < key, "positions stand out of order or twice")
        last = key
    return cursor


# What a type must have beside time, actor and outcome; docs/reference/audit_events.md. Types that
# the page does not list yet must have no more than these three.
_AUDIT_REQUIRED = {
    1: ("key_id",), 2: ("pack", "correlation_id"), 3: ("pack", "ranges", "correlation_id"),
    4: ("pack", "balance", "correlation_id"), 5: ("pack", "correlation_id"),
    6: ("pack", "correlation_id"), 7: ("pack", "correlation_id"), 8: ("pack",),
    9: (), 10: (), 11: ("ranges",)}
_AUDIT_SIZES = {"correlation_id": 16, "source_digest": 32, "subject_ref": 16, "key_id": 32,
                "digest": 32}
FEED_OPENED = 22


def check_audit_event(data):
    event = decode(AUDIT_EVENT, data)
    require("type" in event, "the event has no type")
    require(event.get("at_us", 0) >= 0, "the event's time lies before 1970")
    for name in ("actor", "outcome") + _AUDIT_REQUIRED.get(event["type"], ()):
        require(name in event, f"the event has no {name}")
    for name, size in _AUDIT_SIZES.items():
        require(name not in event or len(event[name]) == size, f"{name} has a wrong size")
    for item in event.get("ranges", []):
        require(len(item.get("stream_id", b"")) in (32, 48), "a stream id has a wrong size")
        first, last = item.get("first_seq", 0), item.get("last_seq", 0)
        open_end = event["type"] == FEED_OPENED and last == 0  # every later entry too
        require(first >= 1 and (open_end or first <= last), "a range is empty")
    require(event.get("layers", 0) <= 7, "the layers are more than three")
    require(event.get("until_us", 0) >= 0, "a moment lies before 1970")
    return event
