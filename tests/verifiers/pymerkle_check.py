"""Judges a log folder with pymerkle, a Merkle tree that knows nothing of us.

    pymerkle_check.py LOGFOLDER [OLDER_CHECKPOINT...]

Ends with `ok SIZE ROOT`, or with `fault: …` and exit status 1. pymerkle has trees and no notes: who signed a
checkpoint is left to sumdb. An entry bundle that is missing is a fault also when it was pruned.
"""

import base64
import re
import sys
from collections import namedtuple
from pathlib import Path

from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

TILE_WIDTH = 256
HASH_SIZE = 32
# Up to this size every record's inclusion is proved, above it that of a sample.
RECORDS_PROVED_MAX = 2000
# Origin, size and root; ours have no extensions.
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n")

Checkpoint = namedtuple("Checkpoint", "name origin size root")


class Fault(Exception):
    """What is wrong with the log."""


def main(folder, *older):
    try:
        current = judge(Path(folder), [Path(file) for file in older])
    except (Fault, InvalidProof, OSError) as fault:
        # One line, whatever the names and contents were.
        print("fault:", str(fault).replace("\n", " "))
        sys.exit(1)
    print("ok", current.size, base64.b64encode(current.root).decode())


def judge(folder, older):
    current = checkpoint_of(folder / "checkpoint")
    tree = InmemoryTree(algorithm="sha256")
    for number in range(-(-current.size // TILE_WIDTH)):
        tree.append_entries(bundle(folder, number, width(current.size, number)))
    if tree.get_root() != current.root:
        raise Fault("the records do not have the root of the checkpoint")
    check_tiles(folder, tree)
    check_inclusion(tree, current)
    for earlier in [*history(folder), *map(checkpoint_of, older)]:
        check_continues(tree, current, earlier)
    return current


def check_tiles(folder, tree):
    """Whether the tiles have the hashes of the tree, level by level."""
    hashes = [tree.get_leaf(index) for index in range(1, tree.get_size() + 1)]
    level = 0
    while hashes:
        for number in range(-(-len(hashes) // TILE_WIDTH)):
            expected = hashes[number * TILE_WIDTH :][:TILE_WIDTH]
            name = f"tile/{level}/{path(number)}"
            data, wide = read_wide(folder, name, len(expected))
            if len(data) != wide * HASH_SIZE or data[: len(expected) * HASH_SIZE] != b"".join(expected):
                raise Fault(f"{name} does not have the hashes of the tree")
        # What a full tile joins to is one hash of the level above, eight levels of the tree up.
        hashes = hashes[: len(hashes) // TILE_WIDTH * TILE_WIDTH]
        for _ in range(8):
            hashes = [tree.hash_pair(*pair) for pair in zip(hashes[::2], hashes[1::2])]
        level += 1


def check_inclusion(tree, current):
    for index in filter(lambda index: proved(index, current.size), range(current.size)):
        # pymerkle counts from one.
        proof = tree.prove_inclusion(index + 1)
        leaf = tree.get_leaf(index + 1)
        verify_inclusion(leaf, current.root, proof, index=index + 1, size=current.size, algorithm="sha256")


def proved(index, size):
    """The first and the last, powers of two, and the edges of every bundle."""
    edge = index % TILE_WIDTH in (0, TILE_WIDTH - 1)
    return size <= RECORDS_PROVED_MAX or index == size - 1 or index & (index - 1) == 0 or edge


def check_continues(tree, current, earlier):
    """Whether the log has everything that it had at an earlier checkpoint, where it had it."""
    if earlier.origin != current.origin:
        raise Fault(f"{earlier.name} is of {earlier.origin}, not of {current.origin}")
    if earlier.size > current.size:
        raise Fault(f"{earlier.name}: the log had {earlier.size} records, and now has {current.size}")
    if earlier.size == 0:
        # There is nothing to prove: any log continues the empty one.
        if earlier.root != tree.get_root(0):
            raise Fault(f"{earlier.name}: no records have another root")
        return
    proof = tree.prove_consistency(earlier.size)
    sizes = {"prior_size": earlier.size, "later_size": current.size}
    try:
        verify_consistency(earlier.root, current.root, proof, **sizes, algorithm="sha256")
    except InvalidProof as invalid:
        raise Fault(f"{earlier.name}: the log does not continue its first {earlier.size} records") from invalid


def checkpoint_of(file):
    return opened(file, file.read_bytes())


def history(folder):
    """Every checkpoint of the history. One that a power cut has left in the middle is none."""
    for file in sorted((folder / "checkpoints").glob("*")):
        # Each is text, an empty line, signatures, an empty line.
        parts = file.read_bytes().split(b"\n\n")
        for text, signatures in zip(parts[:-1:2], parts[1:-1:2]):
            yield opened(file, text + b"\n\n" + signatures + b"\n")


def opened(name, note):
    try:
        text, empty, signatures = note.decode().partition("\n\n")
    except UnicodeDecodeError as invalid:
        raise Fault(f"{name} is not text") from invalid
    lines = CHECKPOINT.fullmatch(text + "\n")
    if not empty or not signatures or lines is None:
        raise Fault(f"{name} is not origin, size and root, and signatures")
    return Checkpoint(name, lines[1], int(lines[2]), base64.b64decode(lines[3]))


def bundle(folder, number, count):
    """The entries of a bundle that the checkpoint's size says are in it."""
    name = f"tile/entries/{path(number)}"
    data, wide = read_wide(folder, name, count)
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise Fault(f"{name} ends within an entry")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != wide:
        raise Fault(f"{name} has {len(entries)} entries, not {wide}")
    return entries[:count]


def read_wide(folder, name, count):
    """A partial file, or else the full one that has come in its place, and how much is in it."""
    partial, full = folder / f"{name}.p" / str(count), folder / name
    if count < TILE_WIDTH and (partial.exists() or not full.exists()):
        return partial.read_bytes(), count
    return full.read_bytes(), TILE_WIDTH


def width(size, number):
    """How many of `size` are in the tile or bundle of this number."""
    return min(TILE_WIDTH, size - number * TILE_WIDTH)


def path(number):
    """1234067 is x001/x234/067."""
    name = f"{number % 1000:03}"
    while number := number // 1000:
        name = f"x{number % 1000:03}/{name}"
    return name


if __name__ == "__main__":
    main(*sys.argv[1:])
