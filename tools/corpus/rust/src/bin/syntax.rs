//! Parses Rust, by the crate syn.
use syn::visit::Visit;

#[derive(Default, Debug)]
struct Count {
    expressions: u32,
    types: u32,
    paths: u32,
}

impl<'a> Visit<'a> for Count {
    fn visit_expr(&mut self, expression: &'a syn::Expr) {
        self.expressions += 1;
        syn::visit::visit_expr(self, expression);
    }
    fn visit_type(&mut self, of: &'a syn::Type) {
        self.types += 1;
        syn::visit::visit_type(self, of);
    }
    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths += 1;
        syn::visit::visit_path(self, path);
    }
}

fn main() {
    let text = include_str!("syntax.rs").repeat(20).replace("//!", "//") + include_str!("raster.rs").trim_start_matches("//! ");
    let text = text.replace("Draws paths and gradients, by the crate tiny-skia.", "");
    let file = syn::parse_file(&text).unwrap();
    let mut count = Count::default();
    count.visit_file(&file);
    println!("{count:?} {}", format!("{file:?}").len());
}
