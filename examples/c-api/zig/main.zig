//! A program in Zig calls wasm by the C headers. It prints `run(21) = 42`.
const std = @import("std");
// `zig translate-c c.h` made it.
const c = @import("c");

fn check(err: ?*c.wasmote_error_t) void {
    if (err) |it| {
        var message: c.wasm_byte_vec_t = undefined;
        c.wasmote_error_message(it, &message);
        std.debug.panic("{s}", .{message.data[0..message.size]});
    }
}

pub fn main() void {
    const text = "(module (func (export \"run\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))";
    var binary: c.wasm_byte_vec_t = undefined;
    check(c.wasmote_wat2wasm(text, text.len, &binary));
    defer c.wasm_byte_vec_delete(&binary);
    const engine = c.wasm_engine_new();
    defer c.wasm_engine_delete(engine);
    var module: ?*c.wasm_shared_module_t = null;
    check(c.wasmote_module_new(engine, @ptrCast(binary.data), binary.size, &module));
    defer c.wasm_shared_module_delete(module);
    const store = c.wasm_store_new(engine);
    defer c.wasm_store_delete(store);
    const linker = c.wasmote_linker_new(engine);
    defer c.wasmote_linker_delete(linker);
    var instance: ?*c.wasm_instance_t = null;
    var trap: ?*c.wasm_trap_t = null;
    check(c.wasmote_linker_instantiate(linker, store, module, &instance, &trap));
    defer c.wasm_instance_delete(instance);
    const run = c.wasmote_instance_export(instance, "run", 3);
    defer c.wasm_extern_delete(run);

    var argument = [1]c.wasm_val_t{.{ .kind = c.WASM_I32, .of = .{ .i32 = 21 } }};
    var result = [1]c.wasm_val_t{.{ .kind = c.WASM_I32, .of = .{ .i32 = 0 } }};
    const args = c.wasm_val_vec_t{ .size = 1, .data = &argument };
    var results = c.wasm_val_vec_t{ .size = 1, .data = &result };
    if (c.wasm_func_call(c.wasm_extern_as_func(run), &args, &results) != null) @panic("the guest trapped");
    _ = c.printf("run(21) = %d\n", result[0].of.i32);
}
