// The situations that firmware meets: a program that runs, one that traps, one that never ends, numbers of all types,
// and images that are refused. `cargo xtask firmware` compares the output with expected.txt.
#include "board.h"
#include "guest.h"
#include "images.h"

IMAGE(coremark, "coremark.wmi");
IMAGE(trap, "trap.wmi");
IMAGE(endless, "endless.wmi");
IMAGE(integers, "integers.wmi");
IMAGE(numbers, "numbers.wmi");
IMAGE(stranger, "stranger.wmi");
IMAGE(damaged, "damaged.wmi");
IMAGE(hostile, "hostile.wmi");
IMAGE(cut_off, "cut-off.wmi");

// Prints a status, and for a trap where it happened.
static void outcome(const char *what, wm_status status, uint32_t reason, wm_instance *guest) {
  wm_trap_info info;
  int stopped = guest != NULL && (status == WM_TRAPPED || status == WM_OUT_OF_FUEL) && wm_trap(guest, &info) == WM_OK;
  char text[160];
  wm_message(status, stopped ? info.code : reason, text, sizeof text);
  board_text(what);
  board_text(": ");
  board_text(status == WM_OK ? "returned" : text);
  if (stopped && status == WM_TRAPPED) {
    board_text(" in function ");
    board_decimal(info.func);
    board_text(" at ");
    board_decimal(info.offset);
  }
  board_text("\n");
}

static wm_instance *loaded(image image) {
  wm_instance *guest;
  wm_error error;
  if (guest_load(image, GUEST_BYTES, &guest, &error) != WM_OK) outcome("not loaded", error.status, error.reason, NULL);
  return guest;
}

static void result(uint64_t number) {
  board_text("result: ");
  board_decimal((uint32_t)number);
  board_text("\n");
}

// CoreMark prints its CRCs by an import, and returns how many are wrong. The final CRC of ten iterations is known.
static int run_coremark(void) {
  wm_instance *guest = loaded(IMAGE_OF(coremark));
  if (guest == NULL) return 0;
  uint64_t slots[1] = {10};
  outcome("coremark", wm_call(guest, "run", slots, 1, slots, 1), 0, guest);
  result(slots[0]);
  return slots[0] == 0;
}

static int run_traps(void) {
  static const uint32_t divisors[] = {5, 0, 4};
  static const char *const exports[] = {"outside", "unreachable", "nothing"};
  wm_instance *guest = loaded(IMAGE_OF(trap));
  if (guest == NULL) return 0;
  uint64_t slot = 0;
  for (size_t at = 0; at < sizeof divisors / sizeof divisors[0]; at++) {
    const uint64_t divisor = divisors[at];
    outcome("run", wm_call(guest, "run", &divisor, 1, &slot, 1), 0, guest);
    result(slot);
  }
  for (size_t at = 0; at < sizeof exports / sizeof exports[0]; at++)
    outcome(exports[at], wm_call(guest, exports[at], NULL, 0, &slot, at == 0), 0, guest);
  outcome("run without its argument", wm_call(guest, "run", NULL, 0, &slot, 1), 0, guest);
  outcome("run with results in the buffer", wm_call(guest, "run", &slot, 1, (uint64_t *)guest, 1), 0, guest);
  outcome("resume", wm_resume(guest, &slot, 1), 0, guest);
  return 1;
}

// An endless loop is stopped, resumed and dropped. Another one is finished with fuel in portions.
static int run_fuel(void) {
  wm_instance *guest = loaded(IMAGE_OF(endless));
  if (guest == NULL) return 0;
  wm_set_fuel(guest, 1000);
  outcome("run", wm_call(guest, "run", NULL, 0, NULL, 0), 0, guest);
  wm_set_fuel(guest, 1000);
  outcome("resumed", wm_resume(guest, NULL, 0), 0, guest);
  uint64_t slots[1] = {1000};
  int stops = 0;
  wm_set_fuel(guest, 500);
  wm_status status = wm_call(guest, "sum", slots, 1, slots, 1);
  for (; status == WM_OUT_OF_FUEL; stops++) {
    wm_set_fuel(guest, 500);
    status = wm_resume(guest, slots, 1);
  }
  outcome("sum", status, 0, guest);
  result(slots[0]);
  return stops > 2;
}

// A checksum of numbers of all types, which must equal the host's.
static int checksum(image image, const char *export) {
  wm_instance *guest = loaded(image);
  if (guest == NULL) return 0;
  uint64_t slots[1] = {300};
  outcome(export, wm_call(guest, export, slots, 1, slots, 1), 0, guest);
  board_text("sum: ");
  board_hex(slots[0]);
  board_text("\n");
  return 1;
}

static void refusal(const char *what, image image, size_t buffer_bytes) {
  wm_instance *guest;
  wm_error error;
  guest_load(image, buffer_bytes, &guest, &error);
  outcome(what, error.status, error.reason, NULL);
}

int run(void) {
  int ok = run_coremark() & run_traps() & run_fuel();
  ok &= checksum(IMAGE_OF(integers), "integers");
  ok &= checksum(IMAGE_OF(numbers), "doubles");
  ok &= checksum(IMAGE_OF(numbers), "singles");
  static const uint8_t module[8] __attribute__((aligned(8))) = {0, 'a', 's', 'm', 1};
  refusal("damaged", IMAGE_OF(damaged), GUEST_BYTES);
  refusal("hostile", IMAGE_OF(hostile), GUEST_BYTES);
  refusal("cut off", IMAGE_OF(cut_off), GUEST_BYTES);
  refusal("no image", (image){module, module + sizeof module}, GUEST_BYTES);
  refusal("imports what is not there", IMAGE_OF(stranger), GUEST_BYTES);
  refusal("small buffer", IMAGE_OF(coremark), 800);
  board_text("# stack ");
  board_decimal((uint32_t)board_stack());
  board_text("\n");
  return ok;
}
