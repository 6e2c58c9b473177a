// The least that firmware with a guest needs: an image in flash, two host functions, one call. docs/firmware.md states
// its size.
#include "board.h"
#include "guest.h"
#include "images.h"

// `cargo xtask firmware` subtracts it by this name.
IMAGE(IMAGE_COREMARK, "coremark.wmi");

static int coremark(void) {
  const image guest_image = IMAGE_OF(IMAGE_COREMARK);
  wm_instance *guest;
  // The error says why the image is refused, but printing it takes space.
  if (guest_load(guest_image, GUEST_BYTES, &guest, NULL) != WM_OK) return 0;
  size_t memory;
  wm_memory(guest, &memory);
  // The RAM that the engine needs beyond the guest's memory and value stack.
  size_t needed = wm_buffer_bytes(guest_image.start, (size_t)(guest_image.end - guest_image.start), STACK_SLOTS, NULL);
  board_text("# records ");
  board_decimal((uint32_t)(needed - memory - STACK_SLOTS * 8));
  board_text("\n");
  uint64_t slots[1] = {2};
  return wm_call(guest, "run", slots, 1, slots, 1) == WM_OK && slots[0] == 0;
}

int run(void) {
  int ok = coremark();
  board_text("# stack ");
  board_decimal((uint32_t)board_stack());
  board_text("\n");
  return ok;
}
