//! Source lines of frames.

use wasmote::{Engine, Error, Instance, Linker, Module, Store};

/// Appends a number with 7 bits in each byte.
fn uleb(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A row: address, line and column. An address of `None` ends a sequence, two bytes behind the row before.
type Row = (Option<u32>, u8, u8);

/// Returns a line program with one file.
fn program(version: u8, rows: &[Row]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    if version == 5 {
        // Directories: one format, a path that is a string; two of them. Files: a path and a directory.
        header.extend(*b"\x01\x01\x08\x02/home/me\0src\0");
        header.extend(*b"\x02\x01\x08\x02\x0b\x01main.c\0\x01");
    } else {
        header.extend(*b"src\0\0main.c\0\x01\0\0\0");
    }
    let mut code = Vec::new();
    let mut line = 1;
    for &(address, new_line, column) in rows {
        match address {
            Some(address) => {
                if version == 5 {
                    // The file gets number 0. A sequence begins with 1.
                    code.extend([4, 0]);
                }
                code.extend([0, 5, 2]);
                code.extend(address.to_le_bytes());
                // Advances the line, sets the column and adds a row.
                code.extend([3, new_line.wrapping_sub(line) & 0x7f, 5, column, 1]);
                line = new_line;
            }
            None => {
                code.extend([2, 2, 0, 1, 1]);
                line = 1;
            }
        }
    }
    let mut rest = vec![version, 0];
    if version == 5 {
        rest.extend([4, 0]);
    }
    rest.extend((header.len() as u32).to_le_bytes());
    rest.extend(header);
    rest.extend(code);
    [&(rest.len() as u32).to_le_bytes()[..], &rest].concat()
}

/// Appends a custom section with this name.
fn with_section(mut wasm: Vec<u8>, name: &str, bytes: &[u8]) -> Vec<u8> {
    wasm.push(0);
    uleb(&mut wasm, (1 + name.len() + bytes.len()) as u32);
    wasm.push(name.len() as u8);
    wasm.extend(name.as_bytes());
    wasm.extend(bytes);
    wasm
}

const TEXT: &str = r#"(module
    (import "host" "f" (func $f))
    (func $inner (call $f) (nop))
    (func $outer (export "run") (nop) (call $inner)))"#;

/// Returns where the first two bytes of this kind are, in the contents of the code section.
fn place(wasm: &[u8], call: [u8; 2]) -> u32 {
    let module = Module::new(&Engine::default(), wasm).unwrap();
    let code = module.info().sections.iter().find(|section| section.0 == 10).unwrap().1.clone();
    wasm[code].windows(2).position(|bytes| bytes == call).unwrap() as u32
}

/// Runs the module with this section of lines. Returns the error.
fn error(lines: &[u8]) -> Error {
    let engine = Engine::default();
    let wasm = with_section(wat::parse_str(TEXT).unwrap(), ".debug_line", lines);
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("host", "f", || -> Result<(), Error> { Err(Error::new("no")) }).unwrap();
    let mut store = Store::new(&engine, ());
    let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
    instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap_err()
}

/// Returns the places of both frames.
fn places(lines: &[u8]) -> Vec<Option<String>> {
    let error = error(lines);
    let frames = error.backtrace().unwrap().frames();
    let places: Vec<_> = frames.iter().map(|frame| frame.symbols().first().map(ToString::to_string)).collect();
    // Those that are printed are found together.
    let printed: Vec<String> = format!("{error:#}").lines().map(String::from).collect();
    let expected: Vec<String> = places.iter().flatten().map(|place| format!("       at {place}")).collect();
    assert_eq!(printed.iter().filter(|line| line.starts_with("       at ")).cloned().collect::<Vec<_>>(), expected);
    places
}

/// Returns the addresses of both calls.
fn calls() -> [u32; 2] {
    let wasm = wat::parse_str(TEXT).unwrap();
    [place(&wasm, [0x10, 0]), place(&wasm, [0x10, 1])]
}

fn some(places: [&str; 2]) -> Vec<Option<String>> {
    places.map(|place| Some(place.into())).into()
}

#[test]
fn frames_have_their_lines() {
    let [inner, outer] = calls();
    for (version, path) in [(2, "src/main.c"), (4, "src/main.c"), (5, "/home/me/src/main.c")] {
        // Version 2 has one byte less in its header.
        let mut lines = program(version, &[(Some(inner), 7, 3), (None, 0, 0), (Some(outer), 9, 0), (None, 0, 0)]);
        if version == 2 {
            lines.remove(11);
            let (len, header) = (lines.len() as u32 - 4, u32::from(lines[6]) - 1);
            lines[..4].copy_from_slice(&len.to_le_bytes());
            lines[6..10].copy_from_slice(&header.to_le_bytes());
        }
        let expected = some([&format!("{path}:7:3"), &format!("{path}:9")]);
        assert_eq!(places(&lines), expected, "{version}");
    }
    let symbols = error(&program(4, &[(Some(inner), 7, 3), (None, 0, 0)])).backtrace().unwrap().frames()[0].symbols();
    assert_eq!((symbols[0].file(), symbols[0].line(), symbols[0].column()), (Some("src/main.c"), Some(7), Some(3)));
}

#[test]
fn removed_functions_and_programs_that_cannot_be_read_are_passed_over() {
    let [inner, outer] = calls();
    let removed = program(4, &[(Some(0), 1, 1), (Some(outer + 100), 2, 2), (None, 0, 0)]);
    let unknown = {
        let mut unknown = removed.clone();
        unknown[4] = 9;
        unknown
    };
    let [first, second] =
        [(inner, 7, 3), (outer, 9, 1)].map(|(at, line, column)| program(4, &[(Some(at), line, column), (None, 0, 0)]));
    assert_eq!(places(&[removed, second, unknown, first].concat()), some(["src/main.c:7:3", "src/main.c:9:1"]));
}

#[test]
fn whatever_the_section_contains_nothing_breaks() {
    let [inner, outer] = calls();
    assert_eq!(places(&[]), [None, None]);
    for version in [4, 5] {
        let good = program(version, &[(Some(inner), 7, 3), (None, 0, 0), (Some(outer), 9, 1), (None, 0, 0)]);
        for len in 0..good.len() {
            assert!(places(&good[..len]).len() == 2);
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = good.clone();
                damaged[at] = value;
                assert!(places(&damaged).len() == 2);
            }
        }
    }
}

/// `gimli` makes room for as many files as the header says, so this would take gigabytes.
#[test]
fn a_header_beyond_all_measure_is_not_read() {
    let [inner, _] = calls();
    let good = program(5, &[(Some(inner), 7, 3), (None, 0, 0)]);
    let padded = |bytes: usize| {
        let mut lines = good.clone();
        let header = u32::from_le_bytes(lines[8..12].try_into().unwrap()) + bytes as u32;
        lines[8..12].copy_from_slice(&header.to_le_bytes());
        let end = 12 + header as usize - bytes;
        lines.splice(end..end, vec![0; bytes]);
        let len = lines.len() as u32 - 4;
        lines[..4].copy_from_slice(&len.to_le_bytes());
        lines
    };
    assert_eq!(places(&padded(1000))[0].as_deref(), Some("/home/me/src/main.c:7:3"));
    assert_eq!(places(&padded(1 << 18))[0], None);
}
