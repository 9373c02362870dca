// Command check reads a register's published log with the packages that Go's checksum database is made of,
// and with nothing of ours: golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog.
//
// It reads one task as JSON from standard input. It ends with 0 where everything holds, and with 1 and a line on
// standard error that says what does not.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// A task says what to check.
type task struct {
	Log    string   // the folder that holds checkpoint and tile/
	Key    string   // the log's Ed25519 verifier key
	Proofs []string // tlog-proof files
	Older  []older  // earlier states of the log
}

// An older state of the log, and our proof that the log continues it.
type older struct {
	Checkpoint string // a file
	Proof      []tlog.Hash
}

// tiles reads C2SP tlog-tiles: tile/L/N where Go has tile/H/L/N, the same in all else.
type tiles struct {
	log string
}

func (t tiles) Height() int                     { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range list {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.log, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func main() {
	var todo task
	if err := json.NewDecoder(os.Stdin).Decode(&todo); err != nil {
		fail(err)
	}
	if err := run(todo); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func run(todo task) error {
	verifier, err := note.NewVerifier(todo.Key)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(todo.Log, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(data, verifier)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{todo.Log})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the tiles give another root than the checkpoint")
	}
	if err := checkBundles(todo.Log, tree, reader); err != nil {
		return err
	}
	for _, path := range todo.Proofs {
		if err := checkInclusion(path, todo.Log, verifier, tree, reader); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	for _, before := range todo.Older {
		if err := checkConsistency(before, verifier, tree, reader); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(before.Checkpoint), err)
		}
	}
	fmt.Printf("%d entries, %d inclusion proofs, %d consistency proofs\n", tree.N, len(todo.Proofs), len(todo.Older))
	return nil
}

// open checks a signed checkpoint and gives the tree it names.
func open(data []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the text of the note is not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

// checkBundles hashes every entry and compares it with the tree's leaf, which the reader proves to be in the tree.
func checkBundles(log string, tree tlog.Tree, reader tlog.HashReader) error {
	for start := int64(0); start < tree.N; start += width {
		end := start + width
		if end > tree.N {
			end = tree.N
		}
		entries, err := bundle(log, start, end)
		if err != nil {
			return err
		}
		var indexes []int64
		for index := start; index < end; index++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, index))
		}
		leaves, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				return fmt.Errorf("entry %d is not the one in the tree", start+int64(i))
			}
		}
	}
	return nil
}

// bundle reads one entry bundle.
func bundle(log string, start, end int64) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: start / width, W: int(end - start)}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(log, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		length := int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:2+length]), data[2+length:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%s holds %d entries", path, len(entries))
	}
	return entries, nil
}

// checkInclusion checks a tlog-proof file against the entry it is about, and compares it with Go's own proof.
func checkInclusion(path, log string, verifier note.Verifier, tree tlog.Tree, reader tlog.HashReader) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, checkpoint, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("it is not a proof")
	}
	named, err := open([]byte(checkpoint), verifier)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("a line is not a hash")
		}
		proof = append(proof, *(*tlog.Hash)(raw))
	}
	start := index / width * width
	end := start + width
	if end > tree.N {
		end = tree.N
	}
	entries, err := bundle(log, start, end)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, named.N, named.Hash, index, tlog.RecordHash(entries[index-start])); err != nil {
		return err
	}
	own, err := tlog.ProveRecord(tree.N, index, reader)
	if err != nil {
		return err
	}
	return same(own, proof)
}

// checkConsistency checks our proof that the log continues an older state, and compares it with Go's own.
func checkConsistency(before older, verifier note.Verifier, tree tlog.Tree, reader tlog.HashReader) error {
	data, err := os.ReadFile(before.Checkpoint)
	if err != nil {
		return err
	}
	old, err := open(data, verifier)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(before.Proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	own, err := tlog.ProveTree(tree.N, old.N, reader)
	if err != nil {
		return err
	}
	return same(own, before.Proof)
}

// same compares Go's proof with ours.
func same(own, ours []tlog.Hash) error {
	if len(own) != len(ours) {
		return fmt.Errorf("Go's proof has %d hashes, this one %d", len(own), len(ours))
	}
	for i := range own {
		if own[i] != ours[i] {
			return fmt.Errorf("hash %d is not the one in Go's proof", i)
		}
	}
	return nil
}
