//! Wasm3 as a command, with the WASI that comes with it: the folders of the command line are not used, since it opens `/` and
//! `.` by itself, and it has no environment.

#[path = "../../command.rs"]
mod command;

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;

use command::{Command, fail};

/// Null, or a message.
type M3Result = *const c_char;
type RawFunction = extern "C" fn(runtime: *mut c_void, stack: *mut u64, memory: *mut c_void) -> *const c_void;

// From wasm3.h and m3_api_wasi.h of 0.4.7.
unsafe extern "C" {
    fn m3_NewEnvironment() -> *mut c_void;
    fn m3_NewRuntime(environment: *mut c_void, stack_bytes: u32, unused: *mut c_void) -> *mut c_void;
    fn m3_ParseModule(environment: *mut c_void, module: *mut *mut c_void, bytes: *const u8, len: u32) -> M3Result;
    fn m3_LoadModule(runtime: *mut c_void, module: *mut c_void) -> M3Result;
    fn m3_LinkWASI(module: *mut c_void) -> M3Result;
    fn m3_LinkRawFunction(
        module: *mut c_void,
        import_module: *const c_char,
        name: *const c_char,
        signature: *const c_char,
        function: RawFunction,
    ) -> M3Result;
    fn m3_FindFunction(function: *mut *mut c_void, runtime: *mut c_void, name: *const c_char) -> M3Result;
    fn m3_CallWithArgs(function: *mut c_void, argc: u32, argv: *const *const c_char) -> M3Result;
}

/// Bytes of the stack of values.
const STACK: u32 = 1 << 20;

/// In place of Wasm3's own, whose exit code is only in a structure.
extern "C" fn proc_exit(_: *mut c_void, stack: *mut u64, _: *mut c_void) -> *const c_void {
    // SAFETY: the one argument is in the first slot.
    std::process::exit(unsafe { stack.cast::<i32>().read() })
}

fn main() {
    let command = Command::of_process();
    let args: Vec<CString> = command.args.iter().map(|arg| CString::new(arg.as_str()).expect("no zeros")).collect();
    let argv: Vec<*const c_char> = args.iter().map(|arg| arg.as_ptr()).collect();
    let (mut module, mut start) = (null_mut(), null_mut());
    // SAFETY: each is called as its header says; what is passed lives as long as the process.
    unsafe {
        let environment = m3_NewEnvironment();
        let runtime = m3_NewRuntime(environment, STACK, null_mut());
        check(m3_ParseModule(environment, &mut module, command.wasm.as_ptr(), command.wasm.len() as u32));
        check(m3_LoadModule(runtime, module));
        check(m3_LinkWASI(module));
        // An error only says that the module does not import it.
        let wasi = c"wasi_snapshot_preview1".as_ptr();
        m3_LinkRawFunction(module, wasi, c"proc_exit".as_ptr(), c"v(i)".as_ptr(), proc_exit);
        check(m3_FindFunction(&mut start, runtime, c"_start".as_ptr()));
        check(m3_CallWithArgs(start, argv.len() as u32, argv.as_ptr()));
    }
}

fn check(result: M3Result) {
    if !result.is_null() {
        // SAFETY: messages are strings of the program.
        fail(unsafe { CStr::from_ptr(result) }.to_string_lossy());
    }
}
