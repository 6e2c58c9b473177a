//! Tests of the module parser, and of its error messages.

use wasmote_wat::parse_text;

#[test]
fn modules_become_binaries() {
    assert_eq!(parse_text(b"(module)", "m.wat").unwrap(), b"\0asm\x01\0\0\0");
    // Fields without `(module ...)` are a module.
    assert!(parse_text(b"(func (export \"f\"))", "m.wat").unwrap().len() > 8);
}

#[test]
fn errors_have_their_line_and_column() {
    let error = parse_text(b"(module\n  (func\n    i32.ad))", "dir/m.wat").unwrap_err();
    assert_eq!((error.line, error.column), (3, 5));
    assert_eq!((&*error.path, &*error.excerpt), ("dir/m.wat", "    i32.ad))"));
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("dir/m.wat:3:5: unknown operator"), "{text}");
    // The mark stands below the column.
    assert_eq!(lines[1].find("i32.ad"), lines[2].find('^'), "{text}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn columns_count_characters() {
    let error = parse_text("(module (func (export \"äöü\") nope))".as_bytes(), "m.wat").unwrap_err();
    assert_eq!((error.line, error.column), (1, 30));
}

#[test]
fn long_lines_are_cut_around_the_error() {
    let text = format!("(module {} (nope) {})", "(func) ".repeat(1_000), "(func) ".repeat(1_000));
    let error = parse_text(text.as_bytes(), "m.wat").unwrap_err();
    assert!(error.excerpt.len() <= 120, "{}", error.excerpt);
    let start = error.excerpt_column as usize - 1;
    assert_eq!(&error.excerpt[start..start + 4], "nope");
}

#[test]
fn text_that_is_not_utf8_is_refused_where_it_breaks() {
    let error = parse_text(b"(module)\n;; \xff", "m.wat").unwrap_err();
    assert_eq!((error.message, error.line, error.column), ("malformed UTF-8 encoding", 2, 4));
}

#[test]
fn the_end_of_the_text_is_a_place() {
    let error = parse_text(b"(module\n(func", "m.wat").unwrap_err();
    assert_eq!(error.line, 2);
    let error = parse_text(b"", "m.wat").unwrap_err();
    assert_eq!((error.line, error.column, &*error.excerpt), (1, 1, ""));
}

#[test]
fn names_may_read_from_right_to_left() {
    assert!(parse_text("(module (func (export \"\u{202e}abc\")))".as_bytes(), "m.wat").is_ok());
}
