"""Strict decoding of canonical protobuf bytes, by the rules of docs/formats/record.md.

Shares nothing with the C++ code and needs no protobuf library. A decoded message is a dict from
field name to value; absent fields are absent.
"""


class FormatError(Exception):
    """Bytes that no writer of Tombolo would have written."""


# A field: (name, type, presence). Types: u32 u64 i64 s32 s64 bool bytes str, an Enum, or a Message.
# Presence: IMPLICIT (default is not written), EXPLICIT, ONEOF, REPEATED, PACKED (u64 only).
IMPLICIT, EXPLICIT, ONEOF, REPEATED, PACKED = range(5)

NUMBERS = {"u32", "u64", "i64", "s32", "s64", "bool"}


class Enum:
    def __init__(self, *names):
        self.names = names  # from number 1 on


class Message:
    def __init__(self, name, fields):
        self.name = name
        self.fields = fields
        kinds = {kind for _, kind, _ in fields.values()}
        self.numbers = {k for k in kinds if isinstance(k, Enum)} | (NUMBERS & kinds)


def varint(data, pos, end):
    """The number at pos and the position after it; shortest form only."""
    if pos < end and data[pos] < 0x80:  # by far the most are one byte
        return data[pos], pos + 1
    shift = value = 0
    while True:
        if pos >= end:
            raise FormatError("a number runs past the end")
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 63:
            raise FormatError("a number has more than ten bytes")
    if byte == 0 and shift:
        raise FormatError("a number is not in its shortest form")
    if value >> 64:
        raise FormatError("a number has more than 64 bits")
    return value, pos


def _number(kind, raw):
    if kind == "u64":
        return raw
    if kind == "u32":
        if raw >> 32:
            raise FormatError("a number has more than 32 bits")
        return raw
    if kind == "i64":
        return raw - (1 << 64) if raw >> 63 else raw
    if kind == "bool":
        if raw > 1:
            raise FormatError("a flag is neither 0 nor 1")
        return bool(raw)
    if kind == "s32" and raw >> 32:
        raise FormatError("a number has more than 32 bits")
    return (raw >> 1) ^ -(raw & 1)  # s32, s64: zigzag


def _enum(kind, raw):
    if raw == 0 or raw > len(kind.names):
        raise FormatError(f"{raw} is not a number of the enumeration")
    return raw


def _bytes(kind, chunk):
    if kind == "bytes":
        return chunk
    if kind == "str":
        try:
            return chunk.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError("a text is not UTF-8") from error
    return decode(kind, chunk)


def _packed(chunk):
    values, pos = [], 0
    while pos < len(chunk):
        value, pos = varint(chunk, pos, len(chunk))
        values.append(value)
    if not values:
        raise FormatError("an empty list is written")
    return values


def decode(message, data):
    """The fields of `data`, or FormatError."""
    out, pos, end, last = {}, 0, len(data), 0
    fields, oneof_seen = message.fields, False
    while pos < end:
        tag, pos = varint(data, pos, end)
        number, wire_type = tag >> 3, tag & 7
        field = fields.get(number)
        if field is None:
            raise FormatError(f"{message.name} has no field {number}")
        name, kind, presence = field
        if number < last or (number == last and presence != REPEATED):
            raise FormatError(f"{message.name}.{name} stands out of order or twice")
        last = number
        is_number = presence != PACKED and kind in message.numbers
        if wire_type != (0 if is_number else 2):
            raise FormatError(f"{message.name}.{name} has wire type {wire_type}")
        raw, pos = varint(data, pos, end)
        if is_number:
            value = _enum(kind, raw) if isinstance(kind, Enum) else _number(kind, raw)
        else:
            if raw > end - pos:
                raise FormatError(f"{message.name}.{name} runs past the end")
            chunk = data[pos:pos + raw]
            pos += raw
            value = _packed(chunk) if presence == PACKED else _bytes(kind, chunk)
        if presence == IMPLICIT and not value and not isinstance(kind, Message):
            raise FormatError(f"{message.name}.{name} is written although it has its default")
        if presence == ONEOF:
            if oneof_seen:
                raise FormatError(f"{message.name} has two values")
            oneof_seen = True
        if presence == REPEATED:
            out.setdefault(name, []).append(value)
        else:
            out[name] = value
    return out
