// Searches by PCRE2 (crate pcre2-sys).
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pcre2.h"
#include "text.h"

int main(void) {
  static unsigned char text[SIZE];
  static const char *patterns[] = {"(\\w+) the (\\w+)", "(?i)MODULE\\s+(?=of)", "(a|and|of)(?: \\1)+", "^table.*?(m\\w+y)$", "[^aeiou\\s]{2,}e[a-z]*"};
  make_text(text);
  for (int i = 0; i < 5; i++) {
    int error, count = 0;
    PCRE2_SIZE at = 0, sum = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)patterns[i], PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &error, &at, NULL);
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(code, NULL);
    for (at = 0; pcre2_match(code, text, SIZE / 4, at, 0, found, NULL) > 0; count++) {
      PCRE2_SIZE *places = pcre2_get_ovector_pointer(found);
      sum = sum * 31 + places[0];
      at = places[1];
    }
    printf("%s %d %08zx\n", patterns[i], count, sum);
  }
}
