#include "guest.h"

#include "board.h"

// The memory of instances: a small memory of the guest, its value stack, and 768 bytes of records. `cargo xtask
// firmware` subtracts it by this name.
uint64_t GUEST_BUFFER[GUEST_BYTES / 8];

// How often the guest has asked for the time: the emulated board has no meaningful clock.
static uint32_t ticks;

// print(text, length)
static wm_trap_code print(wm_instance *guest, uint64_t *slots) {
  size_t bytes;
  const uint8_t *memory = wm_memory(guest, &bytes);
  uint32_t start = (uint32_t)slots[0], length = (uint32_t)slots[1];
  if (start > bytes || length > bytes - start) return WM_TRAP_MEMORY_OUT_OF_BOUNDS;
  board_print((const char *)memory + start, length);
  return 0;
}

// clock() -> ticks
static wm_trap_code clock(wm_instance *guest, uint64_t *slots) {
  slots[0] = ++*(uint32_t *)wm_data(guest);
  return 0;
}

static const wm_import imports[] = {
    {"host", "print", "(ii)", print},
    {"host", "clock", "()I", clock},
};

wm_status guest_load(image image, size_t buffer_bytes, wm_instance **guest, wm_error *error) {
  const wm_setup setup = {
      .image = image.start,
      .image_bytes = (size_t)(image.end - image.start),
      .buffer = GUEST_BUFFER,
      .buffer_bytes = buffer_bytes,
      .stack_slots = STACK_SLOTS,
      .imports = imports,
      .import_count = sizeof imports / sizeof imports[0],
      .data = &ticks,
  };
  return wm_init(&setup, guest, error);
}
