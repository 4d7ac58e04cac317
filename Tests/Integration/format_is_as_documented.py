"""A reader written from Documentation/FileStore.md, and from nothing else, finds what the feed gives."""
import collections
import json
import pathlib
import re
import struct
import zlib

from harness import equal, event, expect, until

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


FIELDS = ["id", "source", "subject", "type", "arknamespace", "arksession", "arkquery", "arkqueryname",
          "arkconversation", "arkagent", "arkteam", "arktoolcall"]


def varint(data, place):
    number = shift = 0
    while True:
        number |= (data[place] & 0x7F) << shift
        shift += 7
        place += 1
        if data[place - 1] < 0x80:
            return number, place


class Segment:
    def __init__(self, path):
        data = path.read_bytes()
        magic, version, flags, crc, self.first, self.previous = struct.unpack_from("<8sHHIQQ", data)
        equal((magic, version), (b"ARKSEG\r\n", 1), "the header")
        equal(checksum(data[:12] + bytes(4) + data[16:64]), crc, "the header's checksum")
        self.footer = self.mark = None
        last = data[-64:]
        if last[:8] == b"ARKSEAL\n":
            equal(checksum(last[:60]), struct.unpack_from("<I", last, 60)[0], "the footer's checksum")
            self.footer = struct.unpack_from("<QQQqqqI", last, 8)
        elif data[-20:-12] == b"ARKDONE\n":
            start = len(data) - 20
            self.mark, crc = struct.unpack_from("<QI", data, start + 8)
            equal(checksum(data[start:start + 16] + struct.pack("<Q", start)), crc, "the mark's checksum")
        self.is_compressed = bool(flags & 1)
        if self.is_compressed:
            data = data[:64] + b"".join(self.blocks(data))
            equal(len(data), self.footer[2], "where the records end")
        elif self.footer:
            data = data[:self.footer[2]]
        elif self.mark is not None:
            data = data[:-20]
        self.records = list(self.read(data))

    def blocks(self, data):
        count = self.footer[6]
        start = len(data) - 64 - 4 - 16 * count
        table = data[start:start + 16 * count]
        equal(checksum(table), struct.unpack_from("<I", data, start + 16 * count)[0], "the table's checksum")
        for number in range(count):
            place, length, crc = struct.unpack_from("<QII", table, 16 * number)
            block = data[place:place + length]
            equal(checksum(block), crc, "a block's checksum")
            inflated = zlib.decompress(block, -15)
            expect(number == count - 1 or len(inflated) == 65536, "the size of a block")
            yield inflated

    def read(self, data):
        place = 64
        while place + 30 < len(data):
            length, crc, position, time, bits, flags, header = struct.unpack_from("<IIQqIBB", data, place)
            if length == 0:
                break
            record = data[place:place + length]
            equal(checksum(record[8:]), crc, f"the checksum of position {position}")
            wire = record[header:]
            self.check_fields(record, bits, wire)
            yield position, wire
            place += length

    @staticmethod
    def check_fields(record, bits, wire):
        attributes = json.loads(wire)
        place = 30
        if bits >> 29 & 1:
            seconds, = struct.unpack_from("<I", record, 38)
            equal(seconds, attributes["arkttl"], "the time to live")
            place += 12
        end = 0
        for field in range(18):
            if not bits >> field & 1:
                continue
            distance, place = varint(record, place)
            count, place = varint(record, place)
            start = end + (distance >> 1 ^ -(distance & 1))
            end = start + count
            if field < len(FIELDS):
                value = attributes[FIELDS[field]].removeprefix("ark." if field == 3 else "")
                equal(wire[start:end].decode(), json.dumps(value, ensure_ascii=False)[1:-1], FIELDS[field])
        if bits >> 30 & 1:
            count, place = varint(record, place)
            equal(json.loads(wire[-1 - count:-1]), attributes["data"], "the payload")
        equal(place, record[29], "the length of the header")


def read(store):
    newest = {}
    for path in sorted(pathlib.Path(store).glob("*.segment")):
        first, generation = re.fullmatch(r"(\d{20})(?:\.(\d+))?\.segment", path.name).groups()
        newest[int(first)] = max(newest.get(int(first), (-1, None)), (int(generation or 0), path))
    segments = [Segment(path) for _, (_, path) in sorted(newest.items())]
    for segment, (first, _) in zip(segments, sorted(newest.items())):
        equal(segment.first, first, "the first position")
    return segments


def tally(index):
    data = b"".join(index[start:start + 4092] for start in range(0, len(index), 4096))
    magic, version = struct.unpack_from("<8sI", data)
    equal((magic, version), (b"ARKINDX\n", 2), "the index's header")
    sparse, _, kinds, keys, postings, groups, _ = struct.unpack_from("<IIQQQII", data, 32)
    place = 96 + 32 * sparse + kinds + 8 * keys + postings
    events = collections.Counter()
    for _ in range(groups):
        count, kind, source = struct.unpack_from("<IHH", data, place)
        place += 8
        texts = data[place:place + kind + source].decode()
        events[texts[:kind], texts[kind:]] = count
        place += kind + source
    return events


def check(context, *arguments):
    store = context.new_directory()
    broker = context.broker("--data", store, "--keep-bytes", "8M", *arguments)
    for first in range(0, 3000, 100):
        broker.publish(*(
            event(number, arksession=f"s-\"{number % 9}\"", arkagent="wetter-ü", data={"n": "ab" * (number % 700)},
                  **({"arkttl": 3600} if number % 5 == 0 else {}))
            for number in range(first, first + 100)))
    feed = [(frame.position, frame.data.encode()) for frame in broker.events()]
    if "--compress" in arguments:
        until(lambda: any(re.search(r"\.\d+\.segment$", path.name) for path in store.iterdir())
              and not list(store.glob("*.new")), "a segment is compressed", 20)
    broker.signal()
    broker.wait()
    segments = read(store)
    equal([record for segment in segments for record in segment.records], feed, "the records")
    expect(segments[-1].mark == feed[-1][0], "the mark of a store that was closed")
    for path in store.glob("*.index"):
        data = path.read_bytes()
        for start in range(0, len(data), 4096):
            crc, = struct.unpack_from("<I", data, start + 4092)
            equal(checksum(data[start:start + 4092]), crc, f"a page of {path.name}")
        records = next(segment.records for segment in segments if segment.first == int(path.name[:20]))
        events = collections.Counter()
        for _, wire in records:
            attributes = json.loads(wire)
            events[attributes["type"].removeprefix("ark."), attributes["source"]] += 1
        equal(tally(data), events, f"the tally of {path.name}")
    return segments


def test_segments_and_indexes(context):
    segments = check(context)
    expect(len(segments) > 1 and segments[0].footer, "there is no sealed segment")


def test_compressed_segments(context):
    segments = check(context, "--compress")
    expect(any(segment.is_compressed for segment in segments), "there is no compressed segment")
