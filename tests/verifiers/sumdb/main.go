// Judges a log folder with Go's own transparency log code, golang.org/x/mod/sumdb, which knows nothing of us.
//
//	sumdb LOGFOLDER [VKEYFILE] [OLDER_CHECKPOINT...]
//
// Without VKEYFILE the keys are those that the folder itself names, which says only that it fits together. Ends with
// `ok SIZE ROOT`, or with `fault: …` and exit status 1. An entry bundle that is missing is a fault also when it was
// pruned.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Up to this size every record's inclusion is proved, above it that of a sample.
const recordsProvedMax = 2000

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: sumdb LOGFOLDER [VKEYFILE] [OLDER_CHECKPOINT...]")
		os.Exit(2)
	}
	folder, vkeys, older := os.Args[1], filepath.Join(os.Args[1], "vkey"), []string(nil)
	if len(os.Args) > 2 {
		vkeys, older = os.Args[2], os.Args[3:]
	}
	current, err := judge(folder, vkeys, older)
	if err != nil {
		// One line, whatever the names and contents were.
		fmt.Printf("fault: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
	fmt.Printf("ok %d %s\n", current.size, current.root)
}

func judge(folder, vkeys string, older []string) (*checkpoint, error) {
	known, err := readKeys(vkeys)
	if err != nil {
		return nil, err
	}
	current, err := known.openFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	log := &log{checkpoint: current, folder: folder}
	if err := log.checkRecords(); err != nil {
		return nil, err
	}
	past, err := known.openHistory(filepath.Join(folder, "checkpoints"))
	if err != nil {
		return nil, err
	}
	for _, file := range older {
		kept, err := known.openFile(file)
		if err != nil {
			return nil, err
		}
		past = append(past, kept)
	}
	for _, earlier := range past {
		if err := log.checkContinues(earlier); err != nil {
			return nil, fmt.Errorf("%s: %w", earlier.name, err)
		}
	}
	return current, nil
}

// Whether entries, tiles and root are of one tree.
func (l *log) checkRecords() error {
	if l.size == 0 {
		return checkEmpty(l.checkpoint)
	}
	var rebuilt hashes
	for first := int64(0); first < l.size; first += tileWidth {
		entries, err := l.readBundle(first / tileWidth)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			more, err := tlog.StoredHashes(first+int64(i), entry, &rebuilt)
			if err != nil {
				return err
			}
			rebuilt = append(rebuilt, more...)
		}
	}
	if err := l.checkTiles(&rebuilt); err != nil {
		return err
	}
	root, err := tlog.TreeHash(l.size, &rebuilt)
	if err != nil {
		return err
	}
	if root != l.root {
		return fmt.Errorf("the records have the root %s, the checkpoint %s", root, l.root)
	}
	return l.checkInclusion(&rebuilt)
}

// Whether every tile has the hashes that the entries have. TileHashReader alone does not tell: before x/mod 0.40 it
// let some tiles pass that do not fit their parents (CVE-2026-56865), and Debian's may be older.
func (l *log) checkTiles(rebuilt *hashes) error {
	for level := 0; l.size>>(tileHeight*level) > 0; level++ {
		count := l.size >> (tileHeight * level)
		for first := int64(0); first < count; first += tileWidth {
			tile := tlog.Tile{H: tileHeight, L: level, N: first / tileWidth, W: tileWidth}
			if count-first < tileWidth {
				tile.W = int(count - first)
			}
			data, err := l.readTile(tile)
			if err != nil {
				return err
			}
			expected, err := tlog.ReadTileData(tile, rebuilt)
			if err != nil {
				return err
			}
			if place := differs(data, expected); place >= 0 && level == 0 {
				return fmt.Errorf("record %d is not that of its leaf", first+int64(place))
			} else if place >= 0 {
				return fmt.Errorf("%s does not have the hashes of the records", tilePath(tile))
			}
		}
	}
	return nil
}

// The first hash in which they differ, or less than none.
func differs(data, expected []byte) int {
	for at := 0; at < len(expected); at += tlog.HashSize {
		if !bytes.Equal(data[at:at+tlog.HashSize], expected[at:at+tlog.HashSize]) {
			return at / tlog.HashSize
		}
	}
	return -1
}

// Whether the tiles prove of the records that the tree has them. The leaves are those of the entries.
func (l *log) checkInclusion(rebuilt *hashes) error {
	for index := int64(0); index < l.size; index++ {
		if l.size > recordsProvedMax && !sampled(index, l.size) {
			continue
		}
		proof, err := tlog.ProveRecord(l.size, index, l.reader())
		if err == nil {
			leaf := (*rebuilt)[tlog.StoredHashIndex(0, index)]
			err = tlog.CheckRecord(proof, l.size, l.root, index, leaf)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", index, err)
		}
	}
	return nil
}

// The first and the last, powers of two, and the edges of every bundle.
func sampled(index, size int64) bool {
	return index == size-1 || index&(index-1) == 0 || index%tileWidth == 0 || index%tileWidth == tileWidth-1
}

// Whether the log has everything that it had at an earlier checkpoint, where it had it.
func (l *log) checkContinues(earlier *checkpoint) error {
	if earlier.origin != l.origin {
		return fmt.Errorf("is of %s, not of %s", earlier.origin, l.origin)
	}
	if earlier.size > l.size {
		return fmt.Errorf("the log had %d records, and now has %d", earlier.size, l.size)
	}
	if earlier.size == 0 {
		// There is nothing to prove: any log continues the empty one.
		return checkEmpty(earlier)
	}
	proof, err := tlog.ProveTree(l.size, earlier.size, l.reader())
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, l.size, l.root, earlier.size, earlier.root); err != nil {
		return fmt.Errorf("the log does not continue its first %d records: %w", earlier.size, err)
	}
	return nil
}

// tlog has no root for a log without records; that of RFC 6962 is the hash of nothing.
func checkEmpty(empty *checkpoint) error {
	if empty.root != tlog.Hash(sha256.Sum256(nil)) {
		return fmt.Errorf("no records have the root %s", empty.root)
	}
	return nil
}
