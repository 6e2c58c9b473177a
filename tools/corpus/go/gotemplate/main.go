// Fills a template, which calls methods by reflection.
package main

import (
	"fmt"
	"strings"
	"text/template"
)

type row struct {
	Name  string
	Cells []int
}

func (r row) Sum() (sum int) {
	for _, cell := range r.Cells {
		sum += cell
	}
	return
}

func main() {
	page := template.Must(template.New("page").Funcs(template.FuncMap{"up": strings.ToUpper}).Parse(
		`{{range $i, $r := .}}{{if gt $i 0}}, {{end}}<{{$r.Name | up | printf "%-8s"}}>{{range .Cells}}[{{.}}]{{else}}none{{end}}={{$r.Sum}}{{end}}`))
	var rows []row
	for i := 0; i < 400; i++ {
		rows = append(rows, row{fmt.Sprint("row", i), make([]int, i%9)})
		for j := range rows[i].Cells {
			rows[i].Cells[j] = i * j
		}
	}
	var out strings.Builder
	if err := page.Execute(&out, rows); err != nil {
		panic(err)
	}
	fmt.Println(out.Len(), out.String()[out.Len()-80:])
}
