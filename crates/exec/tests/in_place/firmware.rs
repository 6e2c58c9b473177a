//! The example of README's section about firmware, to the letter, on an image of each kind.

use wasmote_exec::in_place::{Caller, Import, Instance};
use wasmote_exec::{TrapCode, ValType};

/// What the guest may call.
static IMPORTS: [Import<u32>; 1] =
    [Import { module: "host", name: "log", params: &[ValType::I32], results: &[], func: log }];

fn log(caller: &mut Caller<'_, u32>, args: &mut [u64]) -> Result<(), TrapCode> {
    *caller.data() = args[0] as u32;
    Ok(())
}

/// Runs an image, aligned to 8 bytes, where it lies. `buffer` is all the memory that it uses.
pub fn run(image: &[u8], buffer: &mut [u64]) -> Option<u64> {
    let mut instance = Instance::new(image, &IMPORTS, buffer, 256, 0).ok()?;
    let mut results = [0];
    instance.call("double", &[21], &mut results).ok()?;
    Some(results[0])
}

#[test]
fn the_example_of_the_readme_doubles_a_number() {
    let module = r#"(module (import "host" "log" (func $log (param i32)))
        (func (export "double") (param i32) (result i32)
            (call $log (local.get 0)) (i32.mul (local.get 0) (i32.const 2))))"#;
    let mut images = 0;
    crate::support::each_image(module, |image| {
        let mut buffer = crate::dirty_buffer(image.bytes(), crate::STACK, 0);
        // Metered code has no fuel here, and takes none but what it is given.
        if let Some(result) = run(image.bytes(), &mut buffer) {
            assert_eq!(result, 42);
            images += 1;
        }
    });
    assert!(images > 0, "no image ran");
}
