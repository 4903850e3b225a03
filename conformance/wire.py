"""Protobuf bytes: canonical ones by the rules of docs/formats/record.md, and those of frames.

Shares nothing with the C++ code and needs no protobuf library. A decoded message is a dict from
field name to value; absent fields are absent.
"""


class FormatError(Exception):
    """Bytes that no writer of Tombolo would have written."""


class Refused(FormatError):
    """What is refused with one of the codes of docs/reference/errors.md."""

    def __init__(self, code, why):
        super().__init__(f"{code}: {why}")
        self.code = code


# A field: (name, type, presence). Types: u32 u64 i64 s32 s64 bool bytes str, an Enum, or a Message.
# Presence: IMPLICIT (default is not written), EXPLICIT, ONEOF, REPEATED, PACKED (numbers, enums).
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


def varint(data, pos, end, shortest=True):
    """The number at pos and the position after it; in its shortest form, unless told otherwise."""
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
    if shortest and byte == 0 and shift:
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


def _value(kind, raw):
    return _enum(kind, raw) if isinstance(kind, Enum) else _number(kind, raw)


def _packed(kind, chunk):
    values, pos = [], 0
    while pos < len(chunk):
        value, pos = varint(chunk, pos, len(chunk))
        values.append(_value(kind, value))
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
            value = _value(kind, raw)
        else:
            if raw > end - pos:
                raise FormatError(f"{message.name}.{name} runs past the end")
            chunk = data[pos:pos + raw]
            pos += raw
            value = _packed(kind, chunk) if presence == PACKED else _bytes(kind, chunk)
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


def _fields(data):
    """Every field as (number, wire type, value), whatever its order; for `decode_any`."""
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos, len(data), shortest=False)
        raw, pos = varint(data, pos, len(data), shortest=False)
        if tag & 7 == 0:
            yield tag >> 3, 0, raw
        elif tag & 7 == 2 and raw <= len(data) - pos:
            yield tag >> 3, 2, data[pos:pos + raw]
            pos += raw
        else:
            raise FormatError("a field is cut short or of a wire type that no schema here has")


def decode_any(message, data):
    """As `decode`, for frames: fields in any order, defaults written, lists packed or not."""
    out = {}
    for number, wire_type, value in _fields(data):
        if number not in message.fields:
            raise FormatError(f"{message.name} has no field {number}")
        name, kind, presence = message.fields[number]
        is_number = isinstance(kind, Enum) or kind in NUMBERS
        if presence == PACKED and wire_type == 2:
            out.setdefault(name, []).extend(_packed(kind, value) if value else [])
            continue
        if is_number != (wire_type == 0):
            raise FormatError(f"{message.name}.{name} has wire type {wire_type}")
        if isinstance(kind, Enum) and value == 0:
            continue
        if isinstance(kind, Message):
            value = decode_any(kind, value)
        else:
            value = _value(kind, value) if is_number else _bytes(kind, value)
        if presence in (REPEATED, PACKED):
            out.setdefault(name, []).append(value)
        else:
            out[name] = value
    return {name: value for name, value in out.items() if value or isinstance(value, dict)}


def put_varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _raw(kind, value):
    """A number as it stands in a varint."""
    if kind in ("s32", "s64"):
        return (value << 1 ^ value >> 63) & (1 << 64) - 1
    return int(value) & (1 << 64) - 1


def _sized(number, chunk):
    return put_varint(number << 3 | 2) + put_varint(len(chunk)) + chunk


def encode(message, values):
    """The canonical bytes of a dict as `decode` gives it."""
    out = b""
    unknown = values.keys() - {name for name, _, _ in message.fields.values()}
    if unknown:
        raise KeyError(f"{message.name} has no {sorted(unknown)}")
    for number, (name, kind, presence) in sorted(message.fields.items()):
        value = values.get(name)
        if value is None or (not value and presence not in (EXPLICIT, ONEOF)
                             and not isinstance(kind, Message)) or value == []:
            continue
        if presence == PACKED:
            out += _sized(number, b"".join(put_varint(_raw(kind, item)) for item in value))
            continue
        for item in value if presence == REPEATED else [value]:
            if isinstance(kind, Message):
                out += _sized(number, encode(kind, item))
            elif kind in ("bytes", "str"):
                out += _sized(number, item.encode() if kind == "str" else item)
            else:
                out += put_varint(number << 3) + put_varint(_raw(kind, item))
    return out
