#include "read.h"
#include "wasmote-firmware.h"

static uint64_t image[1 << 13], buffer[1 << 13];

int main(int argc, char **argv) {
  size_t size = read_file(argc, argv);
  if (!size || size > sizeof image) return 101;
  for (size_t i = 0; i < size; i++) ((uint8_t *)image)[i] = bytes[i];
  wm_setup setup = {.image = image, .image_bytes = size, .buffer = buffer, .buffer_bytes = sizeof buffer, .stack_slots = 256};
  wm_instance *guest;
  if (wm_init(&setup, &guest, NULL) != WM_OK) return 102;
  uint64_t slot = (uint64_t)atoi(argv[2]);
  if (wm_call(guest, "run", &slot, 1, &slot, 1) != WM_OK) return 103;
  return (int)slot;
}
