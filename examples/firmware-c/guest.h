// Guests in flash, the host functions that the firmware offers, and memory for instances.
#ifndef GUEST_H
#define GUEST_H

#include "wasmote-firmware.h"

// Slots of 8 bytes for a guest's values and frames: enough for these guests.
#define STACK_SLOTS 256

// An image in flash.
typedef struct {
  const uint8_t *start;
  const uint8_t *end;
} image;

// Makes an instance in the one buffer, or in its first bytes.
wm_status guest_load(image image, size_t buffer_bytes, wm_instance **guest, wm_error *error);

#define GUEST_BYTES (10256 + STACK_SLOTS * 8 + 768)

#endif
