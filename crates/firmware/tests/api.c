// Uses the API as firmware does. The tests in Rust say what each wrong argument gives; this is what only C can show: the
// layout of the structs, constants, tables, and buffers that malloc made under AddressSanitizer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasmote-firmware.h"

static unsigned checks;

#define CHECK(condition)                                               \
  do {                                                                 \
    checks++;                                                          \
    if (!(condition)) {                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                         \
    }                                                                  \
  } while (0)

#define STACK_SLOTS 64

static wm_trap_code add(wm_instance *instance, uint64_t *slots) {
  size_t bytes;
  uint8_t *memory = wm_memory(instance, &bytes);
  CHECK(memory != NULL && bytes >= 1);
  CHECK(wm_set_fuel(instance, 1) == WM_BUSY);
  memory[bytes - 1]++;
  ++*(unsigned *)wm_data(instance);
  slots[0] += slots[1];
  return 0;
}

static wm_trap_code fail(wm_instance *instance, uint64_t *slots) {
  (void)instance;
  return (wm_trap_code)slots[0];
}

static const wm_import imports[] = {{"host", "add", "(iI)I", add}, {"host", "fail", "(i)", fail}};

typedef struct {
  uint8_t *bytes;
  size_t length;
} image;

static image read_image(const char *path) {
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  image read = {NULL, (size_t)ftell(file)};
  rewind(file);
  // Exactly as long as the image, so that reading behind it is noticed.
  read.bytes = (uint8_t *)malloc(read.length);
  CHECK(read.bytes != NULL && fread(read.bytes, 1, read.length, file) == read.length);
  fclose(file);
  return read;
}

static wm_setup setup_of(image image, void *buffer, size_t buffer_bytes, unsigned *calls) {
  wm_setup setup;
  memset(&setup, 0, sizeof setup);
  setup.image = image.bytes;
  setup.image_bytes = image.length;
  setup.buffer = buffer;
  setup.buffer_bytes = buffer_bytes;
  setup.stack_slots = STACK_SLOTS;
  setup.imports = imports;
  setup.import_count = sizeof imports / sizeof imports[0];
  setup.data = calls;
  return setup;
}

static void check_calls(image plain) {
  unsigned calls = 0;
  size_t bytes = wm_buffer_bytes(plain.bytes, plain.length, STACK_SLOTS, NULL);
  CHECK(bytes > 0);
  void *buffer = malloc(bytes);
  wm_setup setup = setup_of(plain, buffer, bytes, &calls);
  wm_instance *guest;
  wm_error error;
  CHECK(wm_init(&setup, &guest, &error) == WM_OK && error.status == WM_OK);
  CHECK((void *)guest == buffer);

  uint64_t slots[2] = {2, 40};
  CHECK(wm_call(guest, "add", slots, 2, slots, 1) == WM_OK && slots[0] == 42 && calls == 1);
  slots[0] = 0;
  CHECK(wm_call(guest, "load", slots, 1, slots, 1) == WM_OK && slots[0] == 'B');
  uint32_t swap;
  CHECK(wm_find(guest, "swap", &swap) == WM_OK);
  slots[0] = 3;
  slots[1] = 4;
  CHECK(wm_call_index(guest, swap, slots, 2, slots, 2) == WM_OK && slots[0] == 4 && slots[1] == 3);
  CHECK(wm_call(guest, "nothing", NULL, 0, NULL, 0) == WM_NO_SUCH_EXPORT);
  CHECK(wm_set_fuel(guest, 1) == WM_NOT_METERED);

  wm_trap_info info;
  CHECK(wm_trap(guest, &info) == WM_NOT_TRAPPED);
  slots[0] = 0;
  CHECK(wm_call(guest, "div", slots, 1, slots, 1) == WM_TRAPPED && wm_trap(guest, &info) == WM_OK);
  CHECK(info.code == WM_TRAP_INTEGER_DIVISION_BY_ZERO && info.func == 2);
  slots[0] = WM_TRAP_UNREACHABLE_CODE_REACHED;
  CHECK(wm_call(guest, "fail", slots, 1, NULL, 0) == WM_TRAPPED && wm_trap(guest, &info) == WM_OK);
  CHECK(info.code == WM_TRAP_UNREACHABLE_CODE_REACHED);
  char text[12];
  CHECK(wm_message(WM_TRAPPED, info.code, text, sizeof text) == 11 && strcmp(text, "unreachable") == 0);

  setup.import_count = 1;
  CHECK(wm_init(&setup, &guest, &error) == WM_MISSING_IMPORT && guest == NULL);
  CHECK(error.status == WM_MISSING_IMPORT && error.at == 1);
  free(buffer);
}

static void check_fuel(image metered) {
  unsigned calls = 0;
  size_t bytes = wm_buffer_bytes(metered.bytes, metered.length, STACK_SLOTS, NULL);
  void *buffer = malloc(bytes);
  wm_setup setup = setup_of(metered, buffer, bytes, &calls);
  setup.fuel = 500;
  wm_instance *guest;
  CHECK(wm_init(&setup, &guest, NULL) == WM_OK);
  uint64_t slots[1] = {1000}, left = 1;
  unsigned stops = 0;
  wm_status status = wm_call(guest, "sum", slots, 1, slots, 1);
  for (; status == WM_OUT_OF_FUEL; stops++) {
    CHECK(slots[0] == 1000);
    CHECK(wm_set_fuel(guest, 500) == WM_OK && wm_get_fuel(guest, &left) == WM_OK && left == 500);
    status = wm_resume(guest, slots, 1);
  }
  CHECK(status == WM_OK && slots[0] == 500500 && stops > 2);
  CHECK(wm_resume(guest, slots, 1) == WM_NOT_WAITING);
  free(buffer);
}

static void check_damage(image plain) {
  unsigned calls = 0;
  size_t bytes = wm_buffer_bytes(plain.bytes, plain.length, STACK_SLOTS, NULL);
  void *buffer = malloc(bytes);
  wm_setup setup = setup_of(plain, buffer, bytes, &calls);
  wm_instance *guest;
  wm_error error;
  for (size_t at = 0; at < plain.length; at++) {
    plain.bytes[at] ^= 0x55;
    CHECK(wm_init(&setup, &guest, &error) == WM_BAD_IMAGE && guest == NULL);
    CHECK(error.at <= plain.length && error.reason >= WM_IMAGE_NOT_AN_IMAGE && error.reason <= WM_IMAGE_NAME);
    plain.bytes[at] ^= 0x55;
    setup.image_bytes = at;
    CHECK(wm_init(&setup, &guest, &error) == WM_BAD_IMAGE && guest == NULL);
    setup.image_bytes = plain.length;
  }
  free(buffer);
  for (size_t size = 0; size < bytes; size += 8) {
    buffer = malloc(size);
    setup.buffer = buffer;
    setup.buffer_bytes = size;
    CHECK(wm_init(&setup, &guest, &error) == WM_BUFFER_TOO_SMALL && error.needed == bytes);
    free(buffer);
  }
}

int main(int count, char **paths) {
  CHECK(count == 3);
  image plain = read_image(paths[1]), metered = read_image(paths[2]);
  check_calls(plain);
  check_fuel(metered);
  check_damage(plain);
  free(plain.bytes);
  free(metered.bytes);
  printf("passed %u checks\n", checks);
  return 0;
}
