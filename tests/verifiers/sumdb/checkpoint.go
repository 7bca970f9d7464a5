// Checkpoints: signed notes as x/mod opens them, with the size and root they say.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What c2sp.org/tlog-cosignature puts before the key in its id.
const algCosignature = 4

type checkpoint struct {
	name   string
	origin string
	size   int64
	root   tlog.Hash
}

// The keys of one log: each signs as it is, and once more with the time.
type keys struct {
	verifiers []note.Verifier
	timed     map[uint32]bool
}

// Reads a file of verifier keys, one on each line.
func readKeys(file string) (*keys, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	known := &keys{timed: make(map[uint32]bool)}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		key, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		// NewVerifier took it, so it is there: the algorithm and 32 bytes. It may have a plus too.
		public, err := base64.StdEncoding.DecodeString(strings.SplitN(line, "+", 3)[2])
		if err != nil {
			return nil, err
		}
		timed := newCosigner(key.Name(), public[1:])
		known.verifiers = append(known.verifiers, key, timed)
		known.timed[timed.hash] = true
	}
	return known, nil
}

func (k *keys) openFile(file string) (*checkpoint, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return k.open(file, text)
}

// Opens every checkpoint of the history. One that a power cut has left in the middle is none.
func (k *keys) openHistory(folder string) ([]*checkpoint, error) {
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var opened []*checkpoint
	for _, entry := range files {
		file := filepath.Join(folder, entry.Name())
		rest, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for number := 1; ; number++ {
			// Each is text, an empty line, signatures, an empty line.
			parts := bytes.SplitN(rest, []byte("\n\n"), 3)
			if len(parts) < 3 {
				break
			}
			text := append(bytes.Join(parts[:2], []byte("\n\n")), '\n')
			one, err := k.open(fmt.Sprintf("%s, the %d. one", file, number), text)
			if err != nil {
				return nil, err
			}
			opened, rest = append(opened, one), parts[2]
		}
	}
	return opened, nil
}

// Takes a note that a key of the log has signed, without the time and with it.
func (k *keys) open(name string, text []byte) (*checkpoint, error) {
	opened, err := note.Open(text, note.VerifierList(k.verifiers...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	one, err := parse(opened.Text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	one.name = name
	var plain, timed bool
	for _, signature := range opened.Sigs {
		if signature.Name != one.origin {
			return nil, fmt.Errorf("%s: %s signs for %s", name, signature.Name, one.origin)
		}
		timed = timed || k.timed[signature.Hash]
		plain = plain || !k.timed[signature.Hash]
	}
	if !plain || !timed {
		return nil, fmt.Errorf("%s: lacks a signature: plain %t, with the time %t", name, plain, timed)
	}
	return one, nil
}

// Three lines, as c2sp.org/tlog-checkpoint has them; ours have no extensions.
func parse(text string) (*checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return nil, fmt.Errorf("is not origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return nil, fmt.Errorf("its size is %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return nil, fmt.Errorf("its root is %q", lines[2])
	}
	return &checkpoint{origin: lines[0], size: size, root: root}, nil
}

// Checks cosignatures, which x/mod leaves to others.
type cosigner struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
}

func newCosigner(name string, public []byte) *cosigner {
	id := sha256.Sum256([]byte(name + "\n" + string([]byte{algCosignature}) + string(public)))
	return &cosigner{name, binary.BigEndian.Uint32(id[:4]), public}
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

// The signature is the time in eight bytes, and what the key made of that and the text.
func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(c.public, []byte(signed), signature[8:])
}
