// wasmote.h: what `wasm.h` lacks.
//
// Both headers work on the same objects. Rules:
//
// - Functions that can fail return a `wasmote_error_t *`, which the caller deletes, or NULL. What they return through `out`
//   pointers is then not set, if their text says nothing else.
// - `own` says who deletes, as in `wasm.h`: a parameter is deleted by the function, a result by the caller.
// - Names and texts are bytes with a length, and UTF-8. They need no byte of zero at the end.
// - Engines, shared modules and interrupt handles can be used by all threads at once. A linker that has no items of a
//   store can be used by all threads at once, as long as none defines anything. A store, with all its references and a linker
//   that has its items, is used by one thread at a time.
// - Host functions and finalizers may call everything. Streams and clocks of WASI, and finalizers of these and of a
//   linker's functions, must not use the store, nor the linker: what they call fails.
// - A callback must return: it must not throw, nor leave with `longjmp`.
#ifndef WASMOTE_H
#define WASMOTE_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

///////////////////////////////////////////////////////////////////////////////
// Errors

/// Why a function failed.
typedef struct wasmote_error_t wasmote_error_t;

/// Deletes an error. Does nothing for NULL.
WASM_API_EXTERN void wasmote_error_delete(own wasmote_error_t *error);

/// Returns the message in `out`, without a byte of zero at its end. The caller deletes it.
WASM_API_EXTERN void wasmote_error_message(const wasmote_error_t *error, own wasm_name_t *out);

///////////////////////////////////////////////////////////////////////////////
// Text

/// Makes a binary of a module in the text format. Returns NULL and sets `binary`, or returns what is wrong, with line and
/// column.
WASM_API_EXTERN own wasmote_error_t *wasmote_wat2wasm(const char *text, size_t size, own wasm_byte_vec_t *binary);

///////////////////////////////////////////////////////////////////////////////
// Types

/// Kinds of values that `wasm.h` lacks. A `wasm_val_t` has no room for a vector; a `wasmote_val_t` has.
enum wasmote_valkind_enum {
  /// `v128`
  WASMOTE_V128 = 4,
  /// `anyref`, and references to objects of all types.
  WASMOTE_ANYREF = 130,
  /// `exnref`
  WASMOTE_EXNREF = 131,
};

///////////////////////////////////////////////////////////////////////////////
// Values

/// A value of any kind.
typedef struct wasmote_val_t {
  /// The kind: one of `wasm_valkind_enum` or `wasmote_valkind_enum`. It says which field of `of` is set.
  wasm_valkind_t kind;
  /// The value.
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    /// A vector as it lies in a memory: lane 0 first, each lane with its lowest byte first.
    uint8_t v128[16];
    /// A reference of any kind, or NULL.
    wasm_ref_t *ref;
  } of;
} wasmote_val_t;

/// Deletes the reference of a value, and leaves it NULL. Does nothing for NULL, and for numbers and vectors.
WASM_API_EXTERN void wasmote_val_delete(own wasmote_val_t *value);
/// Copies a value. The caller deletes the copy, which needs no value before.
WASM_API_EXTERN void wasmote_val_copy(own wasmote_val_t *out, const wasmote_val_t *value);

///////////////////////////////////////////////////////////////////////////////
// Configuration

/// Sets whether code takes fuel. Default: false. A new store then has none.
WASM_API_EXTERN void wasmote_config_consume_fuel_set(wasm_config_t *config, bool on);
/// Sets whether other threads can stop code. Default: false.
WASM_API_EXTERN void wasmote_config_interruption_set(wasm_config_t *config, bool on);
/// Sets whether function bodies are validated and translated at their first calls. Default: false: they are validated
/// when the module is loaded.
WASM_API_EXTERN void wasmote_config_lazy_set(wasm_config_t *config, bool on);
/// Sets whether the same module with the same inputs has the same results on every machine. Default: false.
WASM_API_EXTERN void wasmote_config_deterministic_set(wasm_config_t *config, bool on);
/// Sets whether guard pages replace bounds checks of memories. Default: true on Linux. They need a handler of SIGSEGV in
/// the process, which passes on what is not wasm's.
WASM_API_EXTERN void wasmote_config_guard_pages_set(wasm_config_t *config, bool on);
/// Sets whether traps have frames. Default: true.
WASM_API_EXTERN void wasmote_config_backtrace_set(wasm_config_t *config, bool on);
/// Sets the bytes of a store's value stack, which limits how deep functions nest. Default: 8 MiB.
WASM_API_EXTERN void wasmote_config_max_stack_set(wasm_config_t *config, size_t bytes);
/// Sets how many bytes of the native stack nested calls may use. Default: 512 KiB. A thread that calls wasm must have them,
/// and those that one host function uses.
WASM_API_EXTERN void wasmote_config_max_native_stack_set(wasm_config_t *config, size_t bytes);
/// Sets the largest size of each memory, in bytes. Default: no limit.
WASM_API_EXTERN void wasmote_config_max_memory_set(wasm_config_t *config, uint64_t bytes);

///////////////////////////////////////////////////////////////////////////////
// Modules, for all stores of an engine

/// Loads a binary. Returns NULL and sets `module`, or returns what is wrong. `wasm_module_obtain` brings the module into
/// a store, for functions of `wasm.h`.
WASM_API_EXTERN own wasmote_error_t *wasmote_module_new(
    wasm_engine_t *engine, const uint8_t *bytes, size_t size, own wasm_shared_module_t **module);

/// Loads an image, which `wasmote_module_serialize` or the command made. It need not be trusted: its records are verified
/// now, and each function at its first call.
WASM_API_EXTERN own wasmote_error_t *wasmote_module_deserialize(
    wasm_engine_t *engine, const uint8_t *bytes, size_t size, own wasm_shared_module_t **module);

/// Writes a module as an image, for engines with the same settings. Returns NULL and sets `image`, or returns why there is
/// none.
WASM_API_EXTERN own wasmote_error_t *wasmote_module_serialize(
    const wasm_shared_module_t *module, own wasm_byte_vec_t *image);

///////////////////////////////////////////////////////////////////////////////
// Traps

/// Why wasm trapped.
enum wasmote_trap_code_enum {
  /// `unreachable` was executed.
  WASMOTE_TRAP_UNREACHABLE_CODE_REACHED = 1,
  /// A load, store or bulk operation accessed a place outside a memory.
  WASMOTE_TRAP_MEMORY_OUT_OF_BOUNDS = 2,
  /// An operator accessed a place outside a table.
  WASMOTE_TRAP_TABLE_OUT_OF_BOUNDS = 3,
  /// The index of `call_indirect` was outside the table.
  WASMOTE_TRAP_UNDEFINED_ELEMENT = 4,
  /// `call_indirect` reached a null element.
  WASMOTE_TRAP_INDIRECT_CALL_TO_NULL = 5,
  /// `call_indirect` reached a function of another type.
  WASMOTE_TRAP_BAD_SIGNATURE = 6,
  /// The result of an integer division or of a truncation does not fit its type.
  WASMOTE_TRAP_INTEGER_OVERFLOW = 7,
  /// An integer was divided by zero.
  WASMOTE_TRAP_INTEGER_DIVISION_BY_ZERO = 8,
  /// A NaN was converted to an integer.
  WASMOTE_TRAP_BAD_CONVERSION_TO_INTEGER = 9,
  /// The value stack is used up, or calls of host functions nest too deep.
  WASMOTE_TRAP_STACK_OVERFLOW = 10,
  /// A null reference was used where a non-null one is needed.
  WASMOTE_TRAP_NULL_REFERENCE = 11,
  /// The function turned out to be invalid (lazy validation) or too large when it was first called.
  WASMOTE_TRAP_INVALID_FUNCTION = 12,
  /// A host function returned an error.
  WASMOTE_TRAP_HOST = 13,
  /// The fuel is used up.
  WASMOTE_TRAP_OUT_OF_FUEL = 14,
  /// The embedder asked for an interruption.
  WASMOTE_TRAP_INTERRUPT = 15,
  /// No handler caught an exception.
  WASMOTE_TRAP_EXCEPTION = 16,
  /// The heap has no room for an object.
  WASMOTE_TRAP_HEAP_EXHAUSTED = 17,
  /// An operator accessed a place outside an array.
  WASMOTE_TRAP_ARRAY_OUT_OF_BOUNDS = 18,
  /// A reference was cast to a type that it does not have.
  WASMOTE_TRAP_CAST_FAILURE = 19,
  /// A limit of the store refused growth, and the embedder asked for a trap.
  WASMOTE_TRAP_GROWTH_OPERATION_LIMITED = 20,
  /// A host function suspended its caller. Only resumable calls can be suspended.
  WASMOTE_TRAP_SUSPENDED = 21,
  /// The address of an atomic operator is not a multiple of the size of the access.
  WASMOTE_TRAP_UNALIGNED_ATOMIC = 22,
  /// An operator waits at a place of a memory that is not shared, where nothing could notify it.
  WASMOTE_TRAP_EXPECTED_SHARED_MEMORY = 23,
  /// A continuation was used that had been used before.
  WASMOTE_TRAP_CONTINUATION_CONSUMED = 24,
  /// No `resume` around a `suspend` or `switch` handles its tag.
  WASMOTE_TRAP_UNHANDLED_TAG = 25,
};

/// Returns why wasm trapped. Returns 0 if something else stopped it: an exit, or a message of a host function.
WASM_API_EXTERN uint8_t wasmote_trap_code(const wasm_trap_t *trap);

/// Returns whether the program ended itself, as with `proc_exit` of WASI. Then `status`, unless it is NULL, is its exit
/// status.
WASM_API_EXTERN bool wasmote_trap_exit_status(const wasm_trap_t *trap, int32_t *status);

/// Returns the name of the function, or an empty one if the module has no names. The caller deletes it.
WASM_API_EXTERN void wasmote_frame_func_name(const wasm_frame_t *frame, own wasm_name_t *out);

/// Returns the name of the module, or an empty one if it has none. The caller deletes it.
WASM_API_EXTERN void wasmote_frame_module_name(const wasm_frame_t *frame, own wasm_name_t *out);

///////////////////////////////////////////////////////////////////////////////
// Fuel, limits, interruption

/// Sets the fuel that is left. Fails if the engine's code takes none.
WASM_API_EXTERN own wasmote_error_t *wasmote_store_set_fuel(wasm_store_t *store, uint64_t fuel);

/// Returns the fuel that is left in `fuel`. Fails if the engine's code takes none.
WASM_API_EXTERN own wasmote_error_t *wasmote_store_get_fuel(const wasm_store_t *store, uint64_t *fuel);

/// What a store may take. A negative number is no limit; 0 forbids all of it.
typedef struct wasmote_limits_t {
  /// The bytes of each memory.
  int64_t memory_bytes;
  /// The elements of each table.
  int64_t table_elements;
  /// The bytes of all memories, tables, objects and translated code together.
  int64_t total_bytes;
  /// The number of memories.
  int64_t memories;
  /// The number of tables.
  int64_t tables;
  /// The number of instances.
  int64_t instances;
  /// Whether growth that is refused traps. Otherwise the growing instruction returns -1.
  bool trap_on_grow_failure;
} wasmote_limits_t;

/// Limits what the store may take. Fails while code runs in the store.
WASM_API_EXTERN own wasmote_error_t *wasmote_store_limit(wasm_store_t *store, const wasmote_limits_t *limits);

/// Stops the code of a store from other threads.
typedef struct wasmote_interrupt_handle_t wasmote_interrupt_handle_t;

/// Returns NULL and sets `handle`, or returns an error if the engine's code cannot be interrupted.
WASM_API_EXTERN own wasmote_error_t *wasmote_interrupt_handle_new(
    wasm_store_t *store, own wasmote_interrupt_handle_t **handle);

/// Stops the code that runs in the store, or else the next that runs, with the trap `WASMOTE_TRAP_INTERRUPT`. All threads
/// and signal handlers may call it, also after the store was freed.
WASM_API_EXTERN void wasmote_interrupt_handle_interrupt(const wasmote_interrupt_handle_t *handle);

/// Deletes the handle. Does nothing for NULL.
WASM_API_EXTERN void wasmote_interrupt_handle_delete(own wasmote_interrupt_handle_t *handle);

///////////////////////////////////////////////////////////////////////////////
// WASI preview 1

/// What a guest is to see. At first that is nothing: no arguments, variables or directories, and streams that are empty
/// or discard what is written.
typedef struct wasmote_wasi_config_t wasmote_wasi_config_t;

/// Makes a configuration with which a guest sees nothing.
WASM_API_EXTERN own wasmote_wasi_config_t *wasmote_wasi_config_new(void);
/// Deletes a configuration that no store has. Does nothing for NULL.
WASM_API_EXTERN void wasmote_wasi_config_delete(own wasmote_wasi_config_t *config);

/// Adds an argument, which ends with a byte of zero. The first is the program's name.
WASM_API_EXTERN void wasmote_wasi_config_arg(wasmote_wasi_config_t *config, const char *arg);
/// Adds an environment variable, as `NAME=VALUE` with a byte of zero at the end.
WASM_API_EXTERN void wasmote_wasi_config_env(wasmote_wasi_config_t *config, const char *variable);
/// Passes on the environment of this process.
WASM_API_EXTERN void wasmote_wasi_config_inherit_env(wasmote_wasi_config_t *config);
/// Passes on the standard input of this process.
WASM_API_EXTERN void wasmote_wasi_config_inherit_stdin(wasmote_wasi_config_t *config);
/// Passes on the standard output of this process. The guest's writes are not buffered.
WASM_API_EXTERN void wasmote_wasi_config_inherit_stdout(wasmote_wasi_config_t *config);
/// Passes on the standard error of this process.
WASM_API_EXTERN void wasmote_wasi_config_inherit_stderr(wasmote_wasi_config_t *config);
/// Makes standard input a copy of these bytes.
WASM_API_EXTERN void wasmote_wasi_config_stdin_bytes(wasmote_wasi_config_t *config, const char *bytes, size_t size);

/// Reads bytes for a guest: returns how many, 0 at the end, or a negative number if it failed.
typedef intptr_t (*wasmote_read_callback_t)(void *env, char *bytes, size_t size);
/// Writes bytes of a guest: returns how many it took, or a negative number if it failed.
typedef intptr_t (*wasmote_write_callback_t)(void *env, const char *bytes, size_t size);

/// Makes standard input what a function returns. The finalizer, unless it is NULL, gets `env` when the guest has closed the
/// stream, or with its store.
WASM_API_EXTERN void wasmote_wasi_config_stdin_callback(
    wasmote_wasi_config_t *config, wasmote_read_callback_t callback, void *env, void (*finalizer)(void *));
/// Passes what the guest writes to standard output to a function, as for standard input.
WASM_API_EXTERN void wasmote_wasi_config_stdout_callback(
    wasmote_wasi_config_t *config, wasmote_write_callback_t callback, void *env, void (*finalizer)(void *));
/// Passes what the guest writes to standard error to a function, as for standard input.
WASM_API_EXTERN void wasmote_wasi_config_stderr_callback(
    wasmote_wasi_config_t *config, wasmote_write_callback_t callback, void *env, void (*finalizer)(void *));

/// Lets the guest use the directory `host`, and all beneath it, under the name `guest`. Both end with a byte of zero. Fails if
/// the directory cannot be opened; the configuration is then without it.
WASM_API_EXTERN own wasmote_error_t *wasmote_wasi_config_preopen_dir(
    wasmote_wasi_config_t *config, const char *host, const char *guest, bool read_only);

/// Makes clocks and random numbers the same in each run.
WASM_API_EXTERN void wasmote_wasi_config_deterministic(wasmote_wasi_config_t *config);

/// Returns the time of a clock in nanoseconds: 0 is the time since 1970, 1 a clock that never goes back, 2 and 3 are the
/// processor time of the process and of the thread. Returns false if there is no such clock.
typedef bool (*wasmote_clock_callback_t)(void *env, uint32_t clock, uint64_t *nanoseconds);
/// Lets this many nanoseconds of clock 1 pass.
typedef void (*wasmote_sleep_callback_t)(void *env, uint64_t nanoseconds);

/// Replaces the clocks. `now` reads them; all have this resolution, in nanoseconds. `sleep` is called when the guest waits,
/// and nothing that it waits for is ready. If it is NULL, time passes by itself, and the thread sleeps. Both must not use
/// the store. The finalizer, unless it is NULL, gets `env` when other clocks replace these, or with the store.
WASM_API_EXTERN void wasmote_wasi_config_clocks_callback(
    wasmote_wasi_config_t *config, wasmote_clock_callback_t now, uint64_t resolution, wasmote_sleep_callback_t sleep,
    void *env, void (*finalizer)(void *));

/// Gives a store its state of WASI. Fails if there are too many directories. The state that the store had is closed.
WASM_API_EXTERN own wasmote_error_t *wasmote_store_set_wasi(wasm_store_t *store, own wasmote_wasi_config_t *config);

///////////////////////////////////////////////////////////////////////////////
// Functions and globals with values in arrays

/// Calls a function. `args` and `results` have as many values as its type says; NULL stands for none. The arguments remain
/// the caller's; `results` needs no values before, and the caller deletes those that it gets. Both may be one array:
/// references among the arguments are then overwritten, and not deleted. Up to 16 arguments and results together that are
/// no references take no allocation.
///
/// Returns NULL and sets `trap` to NULL, with the results in `results`. Or returns NULL and sets `trap`, if the code
/// stopped. Or returns an error, if the arguments or the numbers do not fit.
WASM_API_EXTERN own wasmote_error_t *wasmote_func_call_unboxed(
    const wasm_func_t *func, const wasmote_val_t *args, size_t args_size, own wasmote_val_t *results,
    size_t results_size, own wasm_trap_t **trap);

/// Who called a host function. It is valid until the function returns.
typedef struct wasmote_caller_t wasmote_caller_t;

/// A host function. The arguments remain the library's. `results` has as many values as the type says: zeros and nulls,
/// which the function sets. It gives up references that it returns. Up to 8 arguments and results together that are no
/// references take no allocation.
typedef own wasm_trap_t *(*wasmote_unboxed_callback_t)(
    void *env, const wasmote_caller_t *caller, const wasmote_val_t *args, size_t args_size, own wasmote_val_t *results,
    size_t results_size);

/// Makes a host function. Returns NULL if the type refers to types of a module, or has more than 1000 parameters or results.
/// The finalizer, unless it is NULL, gets `env` when the store is freed, or at once if no function is made.
WASM_API_EXTERN own wasm_func_t *wasmote_func_new_unboxed(
    wasm_store_t *store, const wasm_functype_t *type, wasmote_unboxed_callback_t callback, void *env,
    void (*finalizer)(void *));

/// Makes a global. Its value remains the caller's. Returns NULL and sets `global`. Fails if the value is of another type or
/// store, or if the type refers to types of a module.
WASM_API_EXTERN own wasmote_error_t *wasmote_global_new(
    wasm_store_t *store, const wasm_globaltype_t *type, const wasmote_val_t *value, own wasm_global_t **global);
/// Returns the value of a global in `out`, which needs no value before. The caller deletes it.
WASM_API_EXTERN own wasmote_error_t *wasmote_global_get(const wasm_global_t *global, own wasmote_val_t *out);
/// Sets the value of a global. It remains the caller's. Fails if the global is constant, or if the value is of another
/// type or store.
WASM_API_EXTERN own wasmote_error_t *wasmote_global_set(wasm_global_t *global, const wasmote_val_t *value);

///////////////////////////////////////////////////////////////////////////////
// Calls that stop and go on

/// A call that can stop before it has returned: when fuel is used up, by interruption, or in a host function that waits.
/// It goes on later, or is deleted. It has a value stack of its own: any number of a store's calls can be stopped at once,
/// and they go on in any order. It keeps its store alive, and is used by the thread that uses the store.
typedef struct wasmote_call_t wasmote_call_t;

/// How far a call has come.
enum wasmote_call_state_enum {
  /// It has returned, or trapped. It is also the state of a call that is running.
  WASMOTE_CALL_ENDED = 0,
  /// The fuel is used up. After `wasmote_store_set_fuel`, the call goes on. If that is less than the next instruction takes,
  /// it stops again at once.
  WASMOTE_CALL_OUT_OF_FUEL = 1,
  /// It was interrupted.
  WASMOTE_CALL_INTERRUPTED = 2,
  /// A host function returned what `wasmote_caller_suspend` made.
  WASMOTE_CALL_SUSPENDED = 3,
};

/// Starts a call. The arguments are as for `wasmote_func_call_unboxed`. Returns NULL and sets `call`, which the caller
/// deletes, also if it has ended; or returns an error.
///
/// `trap` becomes NULL, or the trap if the code stopped for good. `results` are written once the call has returned; until
/// then they stay as they are. To pay for a call in parts:
///
///     error = wasmote_func_call_resumable(func, args, 1, results, 1, &call, &trap);
///     while (!error && wasmote_call_state(call) == WASMOTE_CALL_OUT_OF_FUEL) {
///       error = wasmote_store_set_fuel(store, 10000);
///       if (!error) error = wasmote_call_resume(call, NULL, 0, results, 1, &trap);
///     }
WASM_API_EXTERN own wasmote_error_t *wasmote_func_call_resumable(
    const wasm_func_t *func, const wasmote_val_t *args, size_t args_size, own wasmote_val_t *results,
    size_t results_size, own wasmote_call_t **call, own wasm_trap_t **trap);

/// Returns how far the call has come: one of `wasmote_call_state_enum`.
WASM_API_EXTERN uint8_t wasmote_call_state(const wasmote_call_t *call);

/// Returns the value that the host function gave to `wasmote_caller_suspend`. Returns NULL if the call is not suspended.
WASM_API_EXTERN void *wasmote_call_value(const wasmote_call_t *call);

/// Goes on. `values` are what the host function would have returned, if the call is suspended, and otherwise none. They
/// remain the caller's. `results` and `trap` are as for `wasmote_func_call_resumable`. An error leaves the call as it is: if
/// the values do not fit, or if the call has ended.
WASM_API_EXTERN own wasmote_error_t *wasmote_call_resume(
    wasmote_call_t *call, const wasmote_val_t *values, size_t values_size, own wasmote_val_t *results,
    size_t results_size, own wasm_trap_t **trap);

/// Goes on as if the host function had returned this trap: the call must be suspended. Wasm can catch an exception; a
/// suspension leaves the call suspended; any other trap ends the call.
WASM_API_EXTERN own wasmote_error_t *wasmote_call_resume_trap(
    wasmote_call_t *call, own wasm_trap_t *host_trap, own wasmote_val_t *results, size_t results_size,
    own wasm_trap_t **trap);

/// Deletes a call. If it has not ended, its code does not go on. A running host function may do so, too. Does nothing for
/// NULL.
WASM_API_EXTERN void wasmote_call_delete(own wasmote_call_t *call);

/// Returns a trap that a host function returns to suspend the resumable call in which wasm called it. `value` is the
/// caller's; `wasmote_call_value` returns it. A call that is not resumable ends with a trap instead, which has a message and
/// no code, and so does one with an ordinary call between it and the host function. Returns NULL if the caller's function
/// is not the one that runs.
WASM_API_EXTERN own wasm_trap_t *wasmote_caller_suspend(const wasmote_caller_t *caller, void *value);

///////////////////////////////////////////////////////////////////////////////
// Exceptions. A trap carries one: with the code `WASMOTE_TRAP_EXCEPTION`, and the frames where wasm threw it. A host
// function throws it by returning the trap. Wasm can then catch it; if it does not, the call ends with another trap that
// carries the same exception, with the frames of the host function's callers alone.

/// Makes a tag: an item that modules import, of kind `WASM_EXTERN_TAG`. Returns NULL if the type has results, or refers to
/// types of a module.
WASM_API_EXTERN own wasm_extern_t *wasmote_tag_new(wasm_store_t *store, const wasm_tagtype_t *type);

/// Makes an exception. The tag and the values, which are those of its type, are of this store and remain the caller's.
/// Returns NULL and sets `exception`.
WASM_API_EXTERN own wasmote_error_t *wasmote_exception_new(
    wasm_store_t *store, const wasm_extern_t *tag, const wasmote_val_t *values, size_t values_size,
    own wasm_trap_t **exception);

/// Returns the tag of the exception that a trap carries, or NULL if it carries none. `wasm_ref_same` tells whether it is a
/// certain tag (`wasm_extern_as_ref`).
WASM_API_EXTERN own wasm_extern_t *wasmote_trap_exception_tag(const wasm_trap_t *trap);
/// Returns the number of values of the exception that a trap carries. Returns 0 if it carries none.
WASM_API_EXTERN size_t wasmote_trap_exception_size(const wasm_trap_t *trap);
/// Returns a value of the exception in `out`, which needs no value before. The caller deletes it. Returns false if there is
/// no value with this index.
WASM_API_EXTERN bool wasmote_trap_exception_value(const wasm_trap_t *trap, size_t index, own wasmote_val_t *out);

/// Returns the exception that a reference of kind `WASMOTE_EXNREF` is to, as a trap without frames. Returns NULL if it is
/// to something else.
WASM_API_EXTERN own wasm_trap_t *wasmote_ref_exception(const wasm_ref_t *ref);

///////////////////////////////////////////////////////////////////////////////
// References to objects. They are `wasm_ref_t`, of the kind `WASMOTE_ANYREF` as values, and keep their objects alive.
//
// A type of structures or arrays comes from a function, global or table of a module: it is the type of a reference to such
// objects (`wasm_functype_params`, `wasm_globaltype_content`, `wasm_tabletype_element`), as long as something of that
// module exists in the engine; or of another object (`wasmote_ref_type`).

/// What a reference is to.
enum wasmote_ref_kind_enum {
  /// A trap, a module, an instance, or an item that is no function.
  WASMOTE_REF_OTHER = 0,
  /// A function.
  WASMOTE_REF_FUNC = 1,
  /// A value of the host's, or an object that was converted to one.
  WASMOTE_REF_EXTERN = 2,
  /// An integer of 31 bits, which lies in the reference.
  WASMOTE_REF_I31 = 3,
  /// A structure.
  WASMOTE_REF_STRUCT = 4,
  /// An array.
  WASMOTE_REF_ARRAY = 5,
  /// An exception.
  WASMOTE_REF_EXN = 6,
  /// A value of the host's that was converted to an object.
  WASMOTE_REF_CONVERTED = 7,
};

/// Returns what a reference is to: one of `wasmote_ref_kind_enum`.
WASM_API_EXTERN uint8_t wasmote_ref_kind(const wasm_ref_t *ref);
/// Returns the type of references to this structure or array. Returns NULL for other references.
WASM_API_EXTERN own wasm_valtype_t *wasmote_ref_type(const wasm_ref_t *ref);

/// Makes a reference to the lower 31 bits of an integer.
WASM_API_EXTERN own wasm_ref_t *wasmote_i31_new(wasm_store_t *store, int32_t value);
/// Returns the integer of 31 bits, sign-extended, in `value`. Returns false if the reference is to something else.
WASM_API_EXTERN bool wasmote_i31_get(const wasm_ref_t *ref, int32_t *value);

/// Makes a structure with these fields, which remain the caller's. Packed fields keep the low bits of an `i32`. Returns NULL
/// and sets `out`. Fails if the type is no type of structures, or if fields are of other types or stores; also if the heap
/// has no room, or if structures of this type have descriptors.
WASM_API_EXTERN own wasmote_error_t *wasmote_struct_new(
    wasm_store_t *store, const wasm_valtype_t *type, const wasmote_val_t *fields, size_t fields_size,
    own wasm_ref_t **out);
/// Returns the number of fields. Returns 0 if this is no structure.
WASM_API_EXTERN size_t wasmote_struct_size(const wasm_ref_t *ref);
/// Returns a field in `out`, which needs no value before. The caller deletes it. Packed fields are zero-extended. Fails if
/// this is no structure, or has no such field.
WASM_API_EXTERN own wasmote_error_t *wasmote_struct_get(const wasm_ref_t *ref, size_t index, own wasmote_val_t *out);
/// Sets a field to a value, which remains the caller's. Fails if this is no structure, has no such field, if that is not
/// mutable, or if the value is of another type or store.
WASM_API_EXTERN own wasmote_error_t *wasmote_struct_set(wasm_ref_t *ref, size_t index, const wasmote_val_t *value);

/// Makes an array with `size` elements that are all `element`, which remains the caller's. Otherwise as for structures.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_new(
    wasm_store_t *store, const wasm_valtype_t *type, const wasmote_val_t *element, uint32_t size, own wasm_ref_t **out);
/// Makes an array of these elements, which remain the caller's. Otherwise as for structures.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_new_fixed(
    wasm_store_t *store, const wasm_valtype_t *type, const wasmote_val_t *elements, size_t size, own wasm_ref_t **out);
/// Returns the number of elements. Returns 0 if this is no array.
WASM_API_EXTERN uint32_t wasmote_array_size(const wasm_ref_t *ref);
/// Returns an element, as `wasmote_struct_get` returns a field.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_get(const wasm_ref_t *ref, uint32_t index, own wasmote_val_t *out);
/// Sets an element, as `wasmote_struct_set` sets a field.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_set(wasm_ref_t *ref, uint32_t index, const wasmote_val_t *value);
/// Copies `size` bytes out of an array of numbers or vectors, from this byte on. The elements lie one after the other,
/// packed, in the machine's byte order. Fails if the bytes lie beyond the end, or if the elements are references.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_read(
    const wasm_ref_t *ref, size_t offset, uint8_t *bytes, size_t size);
/// Copies bytes into an array, as `wasmote_array_read` copies them out. Fails also if the elements are not mutable.
WASM_API_EXTERN own wasmote_error_t *wasmote_array_write(
    wasm_ref_t *ref, size_t offset, const uint8_t *bytes, size_t size);

/// Returns a reference to an object as one to a value of the host's, as `extern.convert_any` does: a value of kind
/// `WASM_EXTERNREF`. Returns NULL for other references.
WASM_API_EXTERN own wasm_ref_t *wasmote_extern_convert_any(const wasm_ref_t *ref);
/// Returns a reference to a value of the host's as one to an object, as `any.convert_extern` does: a value of kind
/// `WASMOTE_ANYREF`. Returns NULL for other references.
WASM_API_EXTERN own wasm_ref_t *wasmote_any_convert_extern(const wasm_ref_t *ref);

///////////////////////////////////////////////////////////////////////////////
// Linker

/// Finds the imports of modules by name.
typedef struct wasmote_linker_t wasmote_linker_t;

/// A host function of a linker. `results` has as many values as the type says: zeros and nulls, which the function sets. It
/// gives up references that it returns.
typedef own wasm_trap_t *(*wasmote_callback_t)(
    void *env, const wasmote_caller_t *caller, const wasm_val_vec_t *args, own wasm_val_vec_t *results);

/// Makes a linker that defines nothing.
WASM_API_EXTERN own wasmote_linker_t *wasmote_linker_new(wasm_engine_t *engine);
/// Deletes a linker. Instances keep what they need of it. Does nothing for NULL.
WASM_API_EXTERN void wasmote_linker_delete(own wasmote_linker_t *linker);
/// Sets whether a definition may take the place of another. Default: false.
WASM_API_EXTERN void wasmote_linker_allow_shadowing(wasmote_linker_t *linker, bool allow);

/// Defines the functions of WASI preview 1. Each store has its own state of WASI (`wasmote_store_set_wasi`); a store without
/// one shows the guest nothing. Fails if one of their names is taken.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define_wasi(wasmote_linker_t *linker);

/// Defines an item of a store. Then the linker serves this store alone, unless the item is a shared memory. The item remains
/// the caller's. Fails if the name is taken, if a name is not UTF-8, or if the linker serves another store.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define(
    wasmote_linker_t *linker, const char *module, size_t module_size, const char *name, size_t name_size,
    const wasm_extern_t *item);

/// Defines all exports of an instance under a module name. Then the linker serves the instance's store alone. Fails as
/// `wasmote_linker_define` does; the exports before a name that is taken are then defined.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define_instance(
    wasmote_linker_t *linker, const char *name, size_t name_size, const wasm_instance_t *instance);

/// Defines a host function, for all stores of the engine. Threads that use such stores call it at the same time. The
/// finalizer, unless it is NULL, gets `env` when the linker and all stores with the function are freed, or at once if
/// this fails: if the name is taken, if a name is not UTF-8, or if the type refers to types of a module.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define_func(
    wasmote_linker_t *linker, const char *module, size_t module_size, const char *name, size_t name_size,
    const wasm_functype_t *type, wasmote_callback_t callback, void *env, void (*finalizer)(void *));

/// Does the same for a host function that takes values in arrays.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define_func_unboxed(
    wasmote_linker_t *linker, const char *module, size_t module_size, const char *name, size_t name_size,
    const wasm_functype_t *type, wasmote_unboxed_callback_t callback, void *env, void (*finalizer)(void *));

/// Defines all functions that a module imports and the linker lacks as functions that trap.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_define_unknown_imports_as_traps(
    wasmote_linker_t *linker, const wasm_shared_module_t *module);

/// Instantiates a module, and runs its start function. Sets `instance` and returns NULL; or returns an error if that is not
/// possible; or returns NULL and sets `trap` if the module's code stopped. What is not set becomes NULL.
WASM_API_EXTERN own wasmote_error_t *wasmote_linker_instantiate(
    const wasmote_linker_t *linker, wasm_store_t *store, const wasm_shared_module_t *module,
    own wasm_instance_t **instance, own wasm_trap_t **trap);

/// Returns the export with this name, or NULL if there is none.
WASM_API_EXTERN own wasm_extern_t *wasmote_instance_export(
    const wasm_instance_t *instance, const char *name, size_t name_size);

/// Returns the export with this name of the instance that called a host function. Returns NULL if there is none, or if the
/// host called the function itself.
WASM_API_EXTERN own wasm_extern_t *wasmote_caller_export(
    const wasmote_caller_t *caller, const char *name, size_t name_size);

/// Returns another owner of the store that a host function was called in.
WASM_API_EXTERN own wasm_store_t *wasmote_caller_store(const wasmote_caller_t *caller);

#undef own

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WASMOTE_H
