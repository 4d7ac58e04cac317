"""Makes other messages of protobuf from good ones: damaged ones, and odd ones that are legal. Needs the Python
packages."""
from google.protobuf.descriptor import FieldDescriptor

VARINT, EIGHT, DELIMITED, FOUR = 0, 1, 2, 5


def varint(value):
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


class Field:
    """A field of a message: its number, wire type, and value: a number, bytes, or the fields of a message."""

    def __init__(self, number, wire, value):
        self.number, self.wire, self.value = number, wire, value

    def copy(self, number):
        """The same value under a number; a message in it cannot be changed any more."""
        value = encode(self.value) if isinstance(self.value, list) else self.value
        return Field(number, self.wire, value)

    def encoded(self):
        tag = varint(self.number << 3 | self.wire)
        if self.wire == VARINT:
            return tag + varint(self.value)
        value = encode(self.value) if isinstance(self.value, list) else self.value
        return tag + (varint(len(value)) if self.wire == DELIMITED else b"") + value


def encode(fields):
    return b"".join(field.encoded() for field in fields)


def parse(data, descriptor):
    """A message without groups as a tree of fields; without a descriptor messages inside are bytes."""
    fields, place = [], 0
    while place < len(data):
        tag, place = read_varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, place = read_varint(data, place)
        else:
            if wire == DELIMITED:
                count, place = read_varint(data, place)
            else:
                count = {EIGHT: 8, FOUR: 4}[wire]
            value, place = data[place:place + count], place + count
            if len(value) < count:
                raise IndexError("the value is cut off")
            known = descriptor and descriptor.fields_by_number.get(number)
            if known and known.type == FieldDescriptor.TYPE_MESSAGE:
                value = parse(value, known.message_type)
        fields.append(Field(number, wire, value))
    return fields


def messages(fields):
    """Every message of a tree, as its list of fields."""
    yield fields
    for field in fields:
        if isinstance(field.value, list):
            yield from messages(field.value)


def odd(data, descriptor, random):
    """Changes a message field by field: what comes out is nearly always well formed."""
    tree = parse(data, descriptor)
    every = [fields for fields in messages(tree) if fields]
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        fields = random.choice(every)
        if not fields:
            continue
        place = random.randrange(len(fields))
        field = fields[place]
        change = random.randrange(9)
        if change == 0:
            random.shuffle(fields)
        elif change == 1:
            fields.insert(random.randrange(len(fields) + 1), field.copy(field.number))
        elif change == 2:
            del fields[place]
        elif change == 3 and isinstance(field.value, list) and field.value:
            # In two parts, which belong together.
            middle = random.randrange(len(field.value) + 1)
            fields.insert(place, Field(field.number, DELIMITED, field.value[:middle]))
            field.value = field.value[middle:]
        elif change == 4:
            # Known numbers with values of any kind.
            number = random.choice((random.randrange(1, 13), field.number))
            fields.insert(place, any_field(number, random))
        elif change == 5:
            fields.insert(place, any_field(random.choice((16, 77, 1000, 2**29 - 1)), random))
        elif change == 6:
            other = random.choice(random.choice(every) or fields)
            fields.insert(place, other.copy(random.choice((field.number, other.number))))
        elif change == 7 and field.wire == VARINT:
            field.value = random.choice((0, 1, 2**31, 2**32 + 1, 2**63, 2**64 - 1, random.getrandbits(64)))
        elif change == 8 and isinstance(field.value, bytes):
            count = len(field.value)
            field.value = random.choice((bytes(count), b"\xff" * count, random.randbytes(count)))
            if field.wire == DELIMITED and random.randrange(2):
                field.value = b""
    return encode(tree)


def any_field(number, random):
    wire = random.choice((VARINT, EIGHT, DELIMITED, DELIMITED, FOUR))
    if wire == VARINT:
        return Field(number, wire, random.choice((0, 1, random.getrandbits(64))))
    count = {EIGHT: 8, FOUR: 4}.get(wire)
    if count:
        return Field(number, wire, random.randbytes(count))
    contents = b"", b"text", b"\x08\x01", random.randbytes(8), "ü\u2028".encode()
    return Field(number, wire, random.choice(contents))


def damaged(data, random):
    """Changes a few bytes."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        place, change = random.randrange(len(data)), random.randrange(6)
        if change == 0:
            data[place] ^= 1 << random.randrange(8)
        elif change == 1:
            data[place] = random.choice((0, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif change == 2:
            del data[place]
        elif change == 3:
            data.insert(place, random.randrange(256))
        elif change == 4:
            data[place:] = data[place:place + random.randrange(40)] + data[place:]
        else:
            del data[place:]
    return bytes(data)
