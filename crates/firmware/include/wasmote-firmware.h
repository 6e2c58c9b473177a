/*
 * wasmote-firmware.h: WebAssembly on microcontrollers.
 *
 * An image, which `wasmote compile --op-set core app.wasm -o app.wmi` wrote, is executed where it lies, in flash for
 * instance. All memory comes from the caller. There is no allocator, no C library, and no static data in RAM.
 *
 *     static const wm_import imports[] = {{"host", "led", "(i)", led}};
 *     static uint64_t buffer[1024];
 *
 *     wm_setup setup = {0};
 *     setup.image = app_wmi;
 *     setup.image_bytes = sizeof app_wmi;
 *     setup.buffer = buffer;
 *     setup.buffer_bytes = sizeof buffer;
 *     setup.stack_slots = 256;
 *     setup.imports = imports;
 *     setup.import_count = 1;
 *
 *     wm_instance *guest;
 *     uint64_t slots[1] = {20};
 *     if (wm_init(&setup, &guest, NULL) == WM_OK && wm_call(guest, "run", slots, 1, slots, 1) == WM_OK) use(slots[0]);
 *
 * Values. Arguments and results are slots of 64 bits, one for each value. A value of 32 bits is zero-extended. A float
 * is its bits: copy them with memcpy.
 *
 * Errors. Images are verified, so none can do more than compute nonsense, loop or trap. What C passes wrongly is an
 * error, too, as far as it can be noticed: null, misaligned addresses, lengths beyond the address space, ranges that
 * overlap, a pointer to no instance, an instance that is already running. What cannot be noticed is the caller's duty:
 * a pointer that is not null leads to as much memory as its length says; a text ends with a zero.
 *
 * Ownership. The library owns nothing. It reads the image, the imports and their texts while an instance is used, and
 * they must not change. It uses the buffer until the caller uses it for something else; nothing has to be closed.
 * All other pointers are used during the call only.
 *
 * Threads and interrupts. Instances with buffers of their own are independent. One instance must not be used by two
 * threads, or by a thread and an interrupt, at the same time. An interrupt handler may use an instance that only
 * interrupts of its priority use; it needs as much of the native stack as a call does. Each function here says what it
 * allows beyond this. A guest stops by itself only if it is metered: give it fuel in portions, and look at what
 * interrupts left for you between them.
 *
 * Linking. Use the library of your target, with --gc-sections. The library brings what compilers call by themselves
 * (memcpy, memmove, memset, memcmp, strlen, arithmetic) as weak symbols: your own take their place, and those of a C
 * library or of libgcc if these come earlier on the command line.
 *
 * C99 or later, and C++11 or later.
 */
#ifndef WASMOTE_FIRMWARE_H
#define WASMOTE_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function returns. */
typedef int32_t wm_status;
enum {
  WM_OK = 0,
  /* The guest trapped; wm_trap says how, and where. The instance can be called again. */
  WM_TRAPPED = 1,
  /* The call waits for fuel: wm_set_fuel and wm_resume continue it, and another call drops it. */
  WM_OUT_OF_FUEL = 2,
  /* The image is refused. The error has the reason, a wm_image_error, and the byte offset. */
  WM_BAD_IMAGE = 3,
  /* The error has the number of bytes that are needed. */
  WM_BUFFER_TOO_SMALL = 4,
  /* A pointer is not aligned for its type. The buffer must lie at a multiple of 8. */
  WM_MISALIGNED = 5,
  WM_NULL_POINTER = 6,
  /* A pointer and a length lead beyond the address space. */
  WM_BAD_RANGE = 7,
  /* The buffer overlaps the image, the imports, the setup, arguments, or a place of results. */
  WM_OVERLAP = 8,
  /* An entry of the import table has a null pointer or a malformed type. The error has its index in the table. */
  WM_BAD_IMPORT = 9,
  /* The table lacks a function that the image imports. The error has the index of the import in the image. */
  WM_MISSING_IMPORT = 10,
  /* The function in the table has another type. The error has the index of the import in the image. */
  WM_IMPORT_TYPE = 11,
  /* The image imports a memory, table or global. The error has the index of the import in the image. */
  WM_IMPORT_KIND = 12,
  WM_NO_SUCH_EXPORT = 13,
  /* The numbers of arguments or results are not those of the function. */
  WM_WRONG_ARGUMENTS = 14,
  /* No call waits for fuel. */
  WM_NOT_WAITING = 15,
  /* The image takes no fuel: compile it with `--fuel`. */
  WM_NOT_METERED = 16,
  /* The last call neither trapped nor ran out of fuel. */
  WM_NOT_TRAPPED = 17,
  /* The pointer leads to no instance, or to one whose buffer was moved or that could not be made. */
  WM_NOT_AN_INSTANCE = 18,
  /* The instance is running: a host function, or an interrupt, used it. */
  WM_BUSY = 19
};

/* Why a guest trapped, and what host functions return. Builds for firmware never use some of the numbers. */
typedef uint32_t wm_trap_code;
enum {
  /* unreachable was executed. */
  WM_TRAP_UNREACHABLE_CODE_REACHED = 1,
  /* A load, store or bulk operation accessed a place outside a memory. */
  WM_TRAP_MEMORY_OUT_OF_BOUNDS = 2,
  /* An operator accessed a place outside a table. */
  WM_TRAP_TABLE_OUT_OF_BOUNDS = 3,
  /* The index of call_indirect was outside the table. */
  WM_TRAP_UNDEFINED_ELEMENT = 4,
  /* call_indirect reached a null element. */
  WM_TRAP_INDIRECT_CALL_TO_NULL = 5,
  /* call_indirect reached a function of another type. */
  WM_TRAP_BAD_SIGNATURE = 6,
  /* The result of an integer division or of a truncation does not fit its type. */
  WM_TRAP_INTEGER_OVERFLOW = 7,
  /* An integer was divided by zero. */
  WM_TRAP_INTEGER_DIVISION_BY_ZERO = 8,
  /* A NaN was converted to an integer. */
  WM_TRAP_BAD_CONVERSION_TO_INTEGER = 9,
  /* The value stack is used up, or calls of host functions nest too deep. */
  WM_TRAP_STACK_OVERFLOW = 10,
  /* A null reference was used where a non-null one is needed. */
  WM_TRAP_NULL_REFERENCE = 11,
  /* The function turned out to be invalid (lazy validation) or too large when it was first called. */
  WM_TRAP_INVALID_FUNCTION = 12,
  /* A host function returned an error. */
  WM_TRAP_HOST = 13,
  /* The fuel is used up. */
  WM_TRAP_OUT_OF_FUEL = 14,
  /* The embedder asked for an interruption. */
  WM_TRAP_INTERRUPT = 15,
  /* No handler caught an exception. */
  WM_TRAP_EXCEPTION = 16,
  /* The heap has no room for an object. */
  WM_TRAP_HEAP_EXHAUSTED = 17,
  /* An operator accessed a place outside an array. */
  WM_TRAP_ARRAY_OUT_OF_BOUNDS = 18,
  /* A reference was cast to a type that it does not have. */
  WM_TRAP_CAST_FAILURE = 19,
  /* A limit of the store refused growth, and the embedder asked for a trap. */
  WM_TRAP_GROWTH_OPERATION_LIMITED = 20,
  /* A host function suspended its caller. Only resumable calls can be suspended. */
  WM_TRAP_SUSPENDED = 21,
  /* The address of an atomic operator is not a multiple of the size of the access. */
  WM_TRAP_UNALIGNED_ATOMIC = 22,
  /* An operator waits at a place of a memory that is not shared, where nothing could notify it. */
  WM_TRAP_EXPECTED_SHARED_MEMORY = 23,
  /* A continuation was used that had been used before. */
  WM_TRAP_CONTINUATION_CONSUMED = 24,
  /* No resume around a suspend or switch handles its tag. */
  WM_TRAP_UNHANDLED_TAG = 25
};

/* Why an image is refused. */
typedef uint32_t wm_image_error;
enum {
  /* The first bytes are not those of an image. */
  WM_IMAGE_NOT_AN_IMAGE = 1,
  /* The file is shorter than a header, or shorter than its header says. */
  WM_IMAGE_TRUNCATED = 2,
  /* The image has another version of the format. */
  WM_IMAGE_VERSION = 3,
  /* The image has the opcodes of another version of this library. */
  WM_IMAGE_OP_SET = 4,
  /* The image has instructions of the extended op set, which this build lacks. */
  WM_IMAGE_EXTENDED = 5,
  /* The image needs a feature that this build lacks. */
  WM_IMAGE_FEATURE = 6,
  /* The image has shared memories, which this build lacks. */
  WM_IMAGE_THREADS = 7,
  /* The image has atomic instructions, which do not run in place. */
  WM_IMAGE_ATOMICS = 8,
  /* The image takes fuel by another schedule of costs. */
  WM_IMAGE_SCHEDULE = 9,
  /* The image takes no fuel, but it should. */
  WM_IMAGE_NOT_METERED = 10,
  /* The image computes with floats, which this build lacks. */
  WM_IMAGE_FLOAT = 11,
  /* Float arithmetic may return other NaNs than the canonical one, and the engine wants only that. */
  WM_IMAGE_CANONICAL_NANS = 12,
  /* The bytes changed since they were written. */
  WM_IMAGE_CHECKSUM = 13,
  /* The address of the image is not a multiple of 8. */
  WM_IMAGE_MISALIGNED = 14,
  /* A section or a record leads outside of the image. */
  WM_IMAGE_OUT_OF_RANGE = 15,
  /* A field of a record has an impossible value. */
  WM_IMAGE_RECORD = 16,
  /* A type is malformed, or not the expected one. */
  WM_IMAGE_TYPE = 17,
  /* A constant expression is malformed. */
  WM_IMAGE_CONSTANT = 18,
  /* An instruction is unknown, or does not end inside its function. */
  WM_IMAGE_INSTRUCTION = 19,
  /* A slot is outside of the frame or in its header. */
  WM_IMAGE_SLOT = 20,
  /* A jump leads to a place where no instruction begins. */
  WM_IMAGE_TARGET = 21,
  /* An index is out of range. */
  WM_IMAGE_INDEX = 22,
  /* Execution would run past the end of a function's code. */
  WM_IMAGE_END = 23,
  /* The name of a custom section is not UTF-8. */
  WM_IMAGE_NAME = 24
};

/* An instance of an image. It lies at the start of its buffer. */
typedef struct wm_instance wm_instance;

/*
 * A host function. Returns 0, or a wm_trap_code, which ends the call of the guest; numbers that are not listed count as
 * WM_TRAP_HOST. After WM_TRAP_OUT_OF_FUEL, wm_resume calls the function again with what it left in `slots`.
 *
 * `slots` has the arguments, and takes the results from the first slot on. There are as many as the function has
 * arguments, or as many as it has results if these are more. The function may use wm_memory and wm_data with the
 * calling instance; others return WM_BUSY. It may use other instances. It must return: no longjmp.
 */
typedef wm_trap_code (*wm_host_func)(wm_instance *instance, uint64_t *slots);

/*
 * A host function that images can import. A table of them is const and lies in flash. The image's imports are looked up
 * by name once, by wm_init; of two with the same names, the first counts.
 */
typedef struct wm_import {
  /* The names in the module, which end with a zero. */
  const char *module;
  const char *name;
  /* The types of the parameters in parentheses, then those of the results: i is i32, I i64, f f32, F f64. "(iI)f" */
  const char *signature;
  wm_host_func func;
} wm_import;

/* What an instance is made of. Begin with zeros in all fields. */
typedef struct wm_setup {
  /* The image, at a multiple of 8. Used as long as the instance. */
  const void *image;
  size_t image_bytes;
  /* Memory for the instance, at a multiple of 8: wm_buffer_bytes says how much. Memory 0 can grow into what is more. */
  void *buffer;
  size_t buffer_bytes;
  /* The size of the guest's value stack, in slots of 8 bytes. 256 is enough for small guests. */
  size_t stack_slots;
  /* The host functions. Used as long as the instance. */
  const wm_import *imports;
  size_t import_count;
  /* For your own use: wm_data returns it. */
  void *data;
  /* The fuel of the start function and of the calls after it. 0: no limit. Otherwise the image must be metered. */
  uint64_t fuel;
} wm_setup;

/* Where the error is. What a status does not mention is 0. */
typedef struct wm_error {
  wm_status status;
  /* A wm_image_error with WM_BAD_IMAGE, a wm_trap_code with WM_TRAPPED. */
  uint32_t reason;
  /* A byte offset in the image, or the index of an import. */
  uint32_t at;
  /* With WM_BUFFER_TOO_SMALL, the bytes that are needed. SIZE_MAX or nearly: no buffer is large enough. */
  size_t needed;
} wm_error;

/* Where a call stopped. */
typedef struct wm_trap_info {
  wm_trap_code code;
  /* The index of the function, imports included, or WM_NOWHERE if the call did not begin. */
  uint32_t func;
  /* The offset in the code of the function in the image, in units of 2 bytes, as `wasmote dump` prints it. */
  uint32_t offset;
} wm_trap_info;

#define WM_NOWHERE UINT32_MAX

/*
 * Returns how many bytes of buffer an image needs at least, with a value stack of this size; or 0 if the image is
 * refused: the error then has the reason. This verifies all but the code of functions, which wm_init verifies.
 * `error` may be null. An interrupt may call this at any time.
 *
 * Errors: WM_BAD_IMAGE, WM_NULL_POINTER, WM_BAD_RANGE.
 */
size_t wm_buffer_bytes(const void *image, size_t image_bytes, size_t stack_slots, wm_error *error);

/*
 * Verifies an image, makes an instance in the buffer, and runs the start function, if the image has one. The setup may
 * be thrown away afterwards. An instance that was in the buffer before is gone; it must not be running. After an error,
 * `*instance` is null, and the buffer is free. `error` may be null. A start function that runs out of fuel has trapped:
 * it cannot be resumed.
 *
 * Errors: WM_TRAPPED (the start function trapped, or a segment does not fit), WM_BAD_IMAGE, WM_BUFFER_TOO_SMALL,
 * WM_MISALIGNED, WM_NULL_POINTER, WM_BAD_RANGE, WM_OVERLAP, WM_BAD_IMPORT, WM_MISSING_IMPORT, WM_IMPORT_TYPE,
 * WM_IMPORT_KIND.
 */
wm_status wm_init(const wm_setup *setup, wm_instance **instance, wm_error *error);

/*
 * Finds an exported function by its name. The index remains the same for this image, so calls need not search.
 *
 * Errors: WM_NO_SUCH_EXPORT, WM_NULL_POINTER, WM_MISALIGNED, WM_OVERLAP, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_find(wm_instance *instance, const char *name, uint32_t *func);

/*
 * Calls an exported function. Arguments and results may lie in the same place, but not in the buffer of the instance.
 * They may be null if there are none. The results are written if the function returns, and otherwise left as they are.
 *
 * Errors: WM_TRAPPED, WM_OUT_OF_FUEL, WM_NO_SUCH_EXPORT, WM_WRONG_ARGUMENTS, WM_NULL_POINTER, WM_MISALIGNED,
 * WM_BAD_RANGE, WM_OVERLAP, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_call(wm_instance *instance, const char *name, const uint64_t *args, size_t arg_count, uint64_t *results,
                  size_t result_count);

/*
 * As wm_call, for a function by its index, which need not be exported. Imports count.
 *
 * Errors: as wm_call. WM_NO_SUCH_EXPORT means that there is no function with this index.
 */
wm_status wm_call_index(wm_instance *instance, uint32_t func, const uint64_t *args, size_t arg_count,
                        uint64_t *results, size_t result_count);

/*
 * Continues the call that waits for fuel. The results are those of that call.
 *
 * Errors: WM_TRAPPED, WM_OUT_OF_FUEL, WM_NOT_WAITING, WM_WRONG_ARGUMENTS (the call still waits), WM_NULL_POINTER,
 * WM_MISALIGNED, WM_BAD_RANGE, WM_OVERLAP, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_resume(wm_instance *instance, uint64_t *results, size_t result_count);

/*
 * Sets the fuel that is left. Without this, and without fuel in the setup, there is practically no limit.
 *
 * Errors: WM_NOT_METERED, WM_NULL_POINTER, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_set_fuel(wm_instance *instance, uint64_t fuel);

/*
 * Returns the fuel that is left.
 *
 * Errors: WM_NOT_METERED, WM_NULL_POINTER, WM_MISALIGNED, WM_OVERLAP, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_get_fuel(wm_instance *instance, uint64_t *fuel);

/*
 * Returns the guest's memory 0 and writes its length, which is 0 if it has none. The memory is a part of the buffer and
 * stays where it is, but it grows: ask again after each call. A host function may read and write it until it returns.
 * `bytes` may be null. After an error, returns null and writes 0: the pointer leads to no instance, a guest's code is
 * running, or `bytes` is misaligned or lies in the buffer (then nothing is written).
 */
uint8_t *wm_memory(wm_instance *instance, size_t *bytes);

/*
 * Returns the pointer of the setup, or null if this is no instance. A host function and an interrupt may call this
 * while the instance runs.
 */
void *wm_data(const wm_instance *instance);

/*
 * Writes why and where the last call stopped. A call that returns clears it, and an error in its arguments does not.
 *
 * Errors: WM_NOT_TRAPPED, WM_NULL_POINTER, WM_MISALIGNED, WM_OVERLAP, WM_NOT_AN_INSTANCE, WM_BUSY.
 */
wm_status wm_trap(wm_instance *instance, wm_trap_info *info);

/*
 * Writes the message of a status in English, with a zero at its end, as much as `size` bytes have room for. Returns its
 * length without the zero, as snprintf does. `reason` is that of the error, or the code of a trap; other statuses do not
 * use it. An interrupt may call this at any time. The texts are not linked unless this is used.
 */
size_t wm_message(wm_status status, uint32_t reason, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
