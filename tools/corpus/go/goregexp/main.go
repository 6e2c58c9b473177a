// Searches, replaces and splits by regular expressions.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	var text strings.Builder
	for i := 0; i < 300; i++ {
		fmt.Fprintf(&text, "2024-%02d-%02d user%d@example%d.org GET /path/%x?q=%d 10.0.%d.%d\n", i%12+1, i%28+1, i, i%9, i*i, i, i%256, i*7%256)
	}
	for _, expression := range []string{
		`(\d{4})-(\d\d)-(\d\d)`, `[\w.]+@[\w.]+\.(org|com)`, `(?i)get\s+(/\S*)\?q=(\d+)`, `\b(\d{1,3}\.){3}\d{1,3}\b`, `(a|b|c|d|e|f)+[0-9]*$`,
	} {
		r := regexp.MustCompile(expression)
		found := r.FindAllStringSubmatchIndex(text.String(), -1)
		replaced := r.ReplaceAllString(text.String(), "<$1>")
		fmt.Println(expression, len(found), len(replaced))
	}
}
