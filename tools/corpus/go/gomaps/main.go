// Maps, slices, sorting with closures, and goroutines that talk over channels.
package main

import (
	"fmt"
	"sort"
)

type pair struct {
	key   string
	count int
}

func main() {
	counts := map[string]int{}
	seed := uint32(1)
	for i := 0; i < 60000; i++ {
		seed = seed*1664525 + 1013904223
		counts[fmt.Sprintf("w%d", seed>>20)]++
	}
	var pairs []pair
	for key, count := range counts {
		pairs = append(pairs, pair{key, count})
	}
	sort.Slice(pairs, func(i, j int) bool {
		if pairs[i].count != pairs[j].count {
			return pairs[i].count > pairs[j].count
		}
		return pairs[i].key < pairs[j].key
	})
	fmt.Println(len(pairs), pairs[:3])

	numbers := make(chan int)
	go func() {
		for i := 2; ; i++ {
			numbers <- i
		}
	}()
	for i := 0; i < 60; i++ {
		prime := <-numbers
		next := make(chan int)
		go func(in, out chan int, prime int) {
			for n := range in {
				if n%prime != 0 {
					out <- n
				}
			}
		}(numbers, next, prime)
		numbers = next
	}
	fmt.Println(<-numbers)
}
