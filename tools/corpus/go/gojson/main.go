// Writes and reads JSON by reflection.
package main

import (
	"encoding/json"
	"fmt"
)

type item struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Price float64           `json:"price"`
	Tags  []string          `json:"tags,omitempty"`
	More  map[string]string `json:"more"`
}

func main() {
	var items []item
	for i := range make([]struct{}, 150) {
		items = append(items, item{i, fmt.Sprintf("näme %d\n", i), float64(i) / 7, []string{"a", "b\"c"}, map[string]string{"k": fmt.Sprint(i * i)}})
	}
	sum := uint32(0)
	for round := 0; round < 3; round++ {
		text, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		for _, b := range text {
			sum = sum*31 + uint32(b)
		}
		var any []map[string]interface{}
		if err := json.Unmarshal(text, &any); err != nil {
			panic(err)
		}
		items = items[:0]
		if err := json.Unmarshal(text, &items); err != nil {
			panic(err)
		}
		fmt.Println(len(text), len(any), items[99].Price, sum)
	}
}
