// What `zig translate-c` turns into the module `c`.
#include <stdio.h>
#include <wasmote.h>
