#include "read.h"
#include "wasm3.h"

int main(int argc, char **argv) {
  size_t size = read_file(argc, argv);
  if (!size) return 101;
  IM3Environment environment = m3_NewEnvironment();
  IM3Runtime runtime = m3_NewRuntime(environment, 1 << 16, NULL);
  IM3Module module;
  if (m3_ParseModule(environment, &module, bytes, (uint32_t)size)) return 102;
  if (m3_LoadModule(runtime, module)) return 103;
  IM3Function run;
  if (m3_FindFunction(&run, runtime, "run")) return 104;
  int32_t argument = atoi(argv[2]), result = 0;
  const void *arguments[] = {&argument}, *results[] = {&result};
  if (m3_Call(run, 1, arguments) || m3_GetResults(run, 1, results)) return 105;
  return result;
}
