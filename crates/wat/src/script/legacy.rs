//! The folded form of `try`, `(try (do ...) (catch $tag ...))`, which went with the older exceptions and which `wast` does not read: function
//! bodies with it are written anew without folding. Lines stay where they are.

/// A token, or a list of what is in parentheses.
enum Item<'t> {
    Token(&'t str),
    List(Vec<Item<'t>>),
}

/// The text without folded `try`s; `None` if there are none, or if its parentheses do not match.
pub fn unfolded(text: &str) -> Option<String> {
    if !text.contains("(try") || !text.contains("(do") {
        return None;
    }
    let mut out = String::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("(func").map(|found| at + found) {
        let end = list_end(text, start)?;
        out.push_str(&text[at..start]);
        let func = &text[start..end];
        match read(func) {
            Some(Item::List(items)) if contains_try(&items) => {
                write_func(&items, &mut out);
                out.extend(func.matches('\n'));
            }
            _ => out.push_str(func),
        }
        at = end;
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// The tokens of a text: parentheses, strings, all else up to space; comments are left out.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            if rest.starts_with(";;") {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
            } else if rest.starts_with("(;") {
                rest = rest.find(";)").map_or("", |end| &rest[end + 2..]);
            } else {
                break;
            }
        }
        let length = match rest.bytes().next()? {
            b'(' | b')' => 1,
            b'"' => {
                let mut escaped = false;
                let end = rest.bytes().skip(1).position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            _ => rest.find(|c: char| c.is_whitespace() || "()\";".contains(c)).unwrap_or(rest.len()).max(1),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// Where the list that begins at `start` ends.
fn list_end(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    for token in tokens(&text[start..]) {
        match token {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(token.as_ptr().addr() - text.as_ptr().addr() + token.len());
        }
    }
    None
}

fn read(text: &str) -> Option<Item<'_>> {
    let mut open = vec![Vec::new()];
    for token in tokens(text) {
        match token {
            "(" => open.push(Vec::new()),
            ")" => {
                let list = open.pop()?;
                open.last_mut()?.push(Item::List(list));
            }
            _ => open.last_mut()?.push(Item::Token(token)),
        }
    }
    open.pop()?.pop()
}

fn head<'t>(items: &[Item<'t>]) -> &'t str {
    match items.first() {
        Some(Item::Token(token)) => token,
        _ => "",
    }
}

fn contains_try(items: &[Item<'_>]) -> bool {
    head(items) == "try" || items.iter().any(|item| matches!(item, Item::List(items) if contains_try(items)))
}

/// Writes a list as it is.
fn write_list(items: &[Item<'_>], out: &mut String) {
    out.push('(');
    for item in items {
        match item {
            Item::Token(token) => {
                out.push_str(token);
                out.push(' ');
            }
            Item::List(items) => write_list(items, out),
        }
    }
    out.push_str(") ");
}

fn write_func(items: &[Item<'_>], out: &mut String) {
    out.push('(');
    for item in items {
        match item {
            Item::List(list) if matches!(head(list), "export" | "import" | "type" | "param" | "result" | "local") => {
                write_list(list, out);
            }
            _ => instruction(item, out),
        }
    }
    out.push(')');
}

/// Writes instructions one after the other.
fn instructions(items: &[Item<'_>], out: &mut String) {
    items.iter().for_each(|item| instruction(item, out));
}

/// Whether an item belongs to the instruction before it.
fn is_immediate(item: &Item<'_>) -> bool {
    match item {
        Item::Token(_) => true,
        Item::List(list) => matches!(head(list), "type" | "param" | "result"),
    }
}

fn immediates(items: &[Item<'_>], out: &mut String) {
    for item in items {
        match item {
            Item::Token(token) => {
                out.push_str(token);
                out.push(' ');
            }
            Item::List(list) => write_list(list, out),
        }
    }
}

fn instruction(item: &Item<'_>, out: &mut String) {
    let items = match item {
        Item::Token(token) => {
            out.push_str(token);
            out.push(' ');
            return;
        }
        Item::List(items) => items,
    };
    let count = items.iter().take_while(|item| is_immediate(item)).count();
    let (start, rest) = items.split_at(count);
    match head(items) {
        "block" | "loop" => {
            immediates(start, out);
            instructions(rest, out);
            out.push_str("end ");
        }
        "if" => {
            let arm = |item: &Item<'_>| matches!(item, Item::List(list) if matches!(head(list), "then" | "else"));
            instructions(&rest[..rest.iter().position(arm).unwrap_or(rest.len())], out);
            immediates(start, out);
            for item in rest {
                match item {
                    Item::List(list) if head(list) == "then" => instructions(&list[1..], out),
                    Item::List(list) if head(list) == "else" => {
                        out.push_str("else ");
                        instructions(&list[1..], out);
                    }
                    _ => {}
                }
            }
            out.push_str("end ");
        }
        "try" => {
            immediates(start, out);
            let mut end = "end ";
            for item in rest {
                let Item::List(list) = item else { continue };
                match head(list) {
                    "do" => instructions(&list[1..], out),
                    "delegate" => {
                        immediates(list, out);
                        end = "";
                    }
                    "catch" => {
                        immediates(&list[..2.min(list.len())], out);
                        instructions(list.get(2..).unwrap_or(&[]), out);
                    }
                    _ => instructions(list, out),
                }
            }
            out.push_str(end);
        }
        _ => {
            instructions(rest, out);
            immediates(start, out);
        }
    }
}
