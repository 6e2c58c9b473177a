// Parses a Go program, walks it and prints it anew.
package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strings"
)

func main() {
	var source strings.Builder
	source.WriteString("package p\n")
	for i := 0; i < 150; i++ {
		fmt.Fprintf(&source, "// F%d adds.\nfunc F%d(a, b int) (int, error) {\nfor i := 0; i < %d; i++ {\nif a > b && i != 3 { a += b*i } else { switch b { case 1, 2: b--\ndefault: b = len(\"x\") } }\n}\nreturn a + b, nil }\n", i, i, i)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", source.String(), parser.ParseComments)
	if err != nil {
		panic(err)
	}
	kinds := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool { kinds[fmt.Sprintf("%T", n)]++; return true })
	text, err := format.Source([]byte(source.String()))
	fmt.Println(len(kinds), kinds["*ast.Ident"], kinds["*ast.BinaryExpr"], len(text), err)
}
