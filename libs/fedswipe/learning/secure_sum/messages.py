"""What clients send, one kind a round. Clients are numbered from 1 on, within one sum."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Round 1: a client's public keys (32 bytes each), for masks and for what others are not to read."""

    client: int
    masking: bytes
    sealing: bytes


@dataclass(frozen=True, slots=True)
class SealedShares:
    """Round 2: a share of the sender's masking key and one of its own mask's seed, for the receiver alone."""

    sender: int
    receiver: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class MaskedVector:
    """Round 3: a client's part of the sum under its masks, as `masks.to_bytes` writes it."""

    client: int
    vector: bytes


@dataclass(frozen=True, slots=True)
class Revealed:
    """Round 4: the client's shares, by owner: of survivors' own seeds, of silent clients' masking keys."""

    client: int
    seeds: Mapping[int, bytes]
    keys: Mapping[int, bytes]
