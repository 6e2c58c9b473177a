//! Fills a template, by the crate minijinja: dynamic values, hash maps, reference counts.
use minijinja::{context, Environment};

fn main() {
    let mut engine = Environment::new();
    let page = "{% macro cell(x, y=1) %}<td>{{ x * y }}</td>{% endmacro %}{% for row in rows %}<tr class={{ loop.cycle('a', 'b') }}>\
                {% for value in row.values if value % 3 != 0 %}{{ cell(value, y=loop.index) }}{% endfor %}{{ row.name | upper | replace('O', '0') | e }}</tr>{% endfor %}";
    engine.add_template("page.html", page).unwrap();
    let rows: Vec<_> = (0..300).map(|i| context! { name => format!("<row {i}>"), values => (i..i + 9).collect::<Vec<i32>>() }).collect();
    let text = engine.get_template("page.html").unwrap().render(context! { rows }).unwrap();
    println!("{} {}", text.len(), &text[text.len() - 120..]);
}
