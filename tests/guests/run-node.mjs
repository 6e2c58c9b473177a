// node --no-warnings run-node.mjs [--dir GUEST=HOST] MODULE [ARGUMENTS]: runs a WASI command module under node's WASI.
import { WASI } from 'node:wasi';
import fs from 'node:fs';
import path from 'node:path';

const args = process.argv.slice(2), preopens = {};
while (args[0] === '--dir') {
  const [guest, host] = args[1].split('=');
  preopens[guest] = host;
  args.splice(0, 2);
}
const wasi = new WASI({ version: 'preview1', args: [path.basename(args[0]), ...args.slice(1)], env: {}, preopens, returnOnExit: true });
const module = await WebAssembly.compile(fs.readFileSync(args[0]));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
