// The log folder as x/mod reads logs: tiles by its TileReader, entries bundle by bundle.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// A log of the size and root that its checkpoint says.
type log struct {
	*checkpoint
	folder string
	tiles  map[tlog.Tile][]byte
}

// What proofs are made from: hashes that x/mod has traced up to the root.
func (l *log) reader() tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: l.size, Hash: l.root}, l)
}

func (l *log) Height() int { return tileHeight }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = l.readTile(tile); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// They are proved by now, and read again for every proof.
func (l *log) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if l.tiles == nil {
		l.tiles = make(map[tlog.Tile][]byte)
	}
	for i, tile := range tiles {
		l.tiles[tile] = data[i]
	}
}

func (l *log) readTile(tile tlog.Tile) ([]byte, error) {
	if data, ok := l.tiles[tile]; ok {
		return data, nil
	}
	name := tilePath(tile)
	data, width, err := l.readWide(name, tile.W)
	if err != nil {
		return nil, err
	}
	if len(data) != width*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes, not those of %d hashes", name, len(data), width)
	}
	return data[:tile.W*tlog.HashSize], nil
}

// The entries of a bundle that the checkpoint's size says are in it.
func (l *log) readBundle(number int64) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: -1, N: number, W: tileWidth}
	if left := l.size - number*tileWidth; left < tileWidth {
		tile.W = int(left)
	}
	name := tilePath(tile)
	data, width, err := l.readWide(name, tile.W)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends within an entry", name)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("%s has %d entries, not %d", name, len(entries), width)
	}
	return entries[:tile.W], nil
}

// x/mod has its tiles under tile/8/, the layout has them under tile/, and calls data entries.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	if bundle := strings.TrimPrefix(path, "data/"); bundle != path {
		path = "entries/" + bundle
	}
	return "tile/" + path
}

// A partial file, or else the full one that has come in its place, and how much is in it.
func (l *log) readWide(name string, width int) ([]byte, int, error) {
	data, err := os.ReadFile(filepath.Join(l.folder, name))
	partial := fmt.Sprintf(".p/%d", width)
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(name, partial) {
		whole, missing := os.ReadFile(filepath.Join(l.folder, strings.TrimSuffix(name, partial)))
		if missing == nil {
			return whole, tileWidth, nil
		}
	}
	return data, width, err
}

// Hashes as tlog stores them, in its order.
type hashes []tlog.Hash

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = (*h)[index]
	}
	return found, nil
}
