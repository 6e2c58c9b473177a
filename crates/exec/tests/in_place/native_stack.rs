//! No instruction uses up the native stack, however often it runs: where handlers call each other, they do so in tail position.
//! A handler whose registers something else was given the address of does not, and it depends on how the compiler splits the crate
//! whether it sees that; so every instruction is run some times over, and the host looks where its own frame lies.

use wasmote_exec::TrapCode;
use wasmote_exec::in_place::{Caller, Import};

use super::{each_image, none, with};
use wasmote_test_support::every_instruction::{assert_level, here, modules};

/// Notes where the native stack is.
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
