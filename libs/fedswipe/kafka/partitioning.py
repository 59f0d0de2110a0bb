"""Which partition a key lies in: murmur2 as Kafka's Java client and librdkafka's `murmur2_random` have it."""

SEED = 0x9747B28C
M, R, MASK = 0x5BD1E995, 24, 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Return the unsigned 32-bit MurmurHash2 of these bytes (Austin Appleby, public domain)."""
    h = (SEED ^ len(data)) & MASK
    body = len(data) & ~3
    for at in range(0, body, 4):
        k = int.from_bytes(data[at : at + 4], "little") * M & MASK
        k = (k ^ (k >> R)) * M & MASK
        h = (h * M & MASK) ^ k
    tail = data[body:]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * M & MASK
    h = (h ^ (h >> 13)) * M & MASK
    return h ^ (h >> 15)


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key among this many partitions."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
