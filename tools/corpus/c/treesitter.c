// Parses JavaScript by tree-sitter (crates tree-sitter and tree-sitter-javascript).
#include "tree_sitter/api.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
const TSLanguage *tree_sitter_javascript(void);

int main(void) {
  static char text[1 << 20];
  size_t size = 0;
  for (int i = 0; i < 120; i++)
    size += sprintf(text + size, "class C%d extends B { #x = %d; get x() { return this.#x ?? `t${a.b?.[%d] + 1}`; } static async *f({a, ...b}, c = [1, , 2]) "
                                 "{ for await (const x of c) if (x => /[a-z]/g.test(x)) yield* x ** 2; else throw {a, ['k']: !b}; } }\n", i, i, i);
  TSParser *parser = ts_parser_new();
  ts_parser_set_language(parser, tree_sitter_javascript());
  TSTree *tree = ts_parser_parse_string(parser, NULL, text, size);
  TSNode root = ts_tree_root_node(tree);
  char *shown = ts_node_string(root);
  unsigned sum = 0;
  for (char *p = shown; *p; p++) sum = sum * 31 + *p;
  printf("%zu %u %zu %08x %d\n", size, ts_node_descendant_count(root), strlen(shown), sum, ts_node_has_error(root));
}
