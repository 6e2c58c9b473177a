//! Tests that no instruction uses up the native stack, however often it runs, because handlers call each other in
//! tail position. A handler that passes the address of its registers to another function does not. Whether the
//! compiler notices that depends on how it splits the crate. So each instruction is run several times, and the host
//! looks at the address of its own frame.

use wasmote_exec::TrapCode;
use wasmote_exec::in_place::{Caller, Import};

use super::{each_image, none, with};
use wasmote_test_support::every_instruction::{assert_level, here, modules};

/// Records the address of the native stack.
fn mark(caller: &mut Caller<'_, Vec<usize>>, _: &mut [u64]) -> Result<(), TrapCode> {
    caller.data().push(here());
    Ok(())
}

const IMPORTS: &[Import<Vec<usize>>] = &[
    Import { module: "m", name: "mark", params: &[], results: &[], func: mark },
    Import { module: "m", name: "tail", params: &[], results: &[], func: mark },
];

#[test]
fn no_instruction_uses_up_the_native_stack() {
    for (snippets, text) in modules() {
        each_image(&text, |image| {
            with(image, IMPORTS, Vec::new(), |instance| {
                for (i, snippet) in snippets.iter().enumerate() {
                    instance.data().clear();
                    assert_eq!(none(instance, &i.to_string(), &[]), Ok(()), "{snippet}");
                    assert_level(instance.data(), snippet);
                }
            });
        });
    }
}
