// Compresses and decompresses, and takes checksums.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/md5"
	"fmt"
	"hash/crc32"
	"io"
)

func main() {
	var text bytes.Buffer
	seed := uint32(7)
	words := []string{"interpreter", "module", "memory", "table", "of", "the", "and", "a"}
	for text.Len() < 100000 {
		seed = seed*1664525 + 1013904223
		text.WriteString(words[seed>>29])
		text.WriteByte(' ')
	}
	for _, level := range []int{1, 6, 9} {
		var packed bytes.Buffer
		w, _ := flate.NewWriter(&packed, level)
		w.Write(text.Bytes())
		w.Close()
		size := packed.Len()
		back, err := io.ReadAll(flate.NewReader(&packed))
		fmt.Printf("%d %d %v %08x %x\n", level, size, err, crc32.ChecksumIEEE(back), md5.Sum(back))
	}
}
