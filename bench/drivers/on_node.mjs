// The driver of Node.js: what `serving.py` says, in JavaScript.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";

const job = JSON.parse(process.argv[2]);
const data = fs.readFileSync(job.path);
const serving = process.argv[3] === "serve";
const OUTPUT = path.join(os.tmpdir(), `zwasm-bench-${process.pid}.out`);
// Only programs need WASI; importing it takes time.
const WASI = await (async () => {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(data));
  return imports.length ? (await import("node:wasi")).WASI : null;
})();

function instantiate(module, stdout) {
  if (WASI === null) return [null, new WebAssembly.Instance(module)];
  const options = { version: "preview1", args: [path.basename(job.path), ...(job.args ?? [])] };
  if (job.folder) options.preopens = { "/": job.folder };
  options.returnOnExit = true;
  if (job.stdin) options.stdin = fs.openSync(job.stdin, "r");
  if (stdout !== undefined) options.stdout = stdout;
  const wasi = new WASI(options);
  const imports = { wasi_snapshot_preview1: wasi.wasiImport };
  return [wasi, new WebAssembly.Instance(module, imports)];
}

function digest(output) {
  if (output.length <= 17) return output.toString().trim();
  return createHash("sha256").update(output).digest("hex").slice(0, 16);
}

let module, call;

function keep() {
  module = new WebAssembly.Module(data);
  if (job.export === undefined) return;
  const [wasi, instance] = instantiate(module);
  if (wasi !== null) {
    if (instance.exports._initialize) wasi.initialize(instance);
  } else {
    instance.exports._initialize?.();
  }
  call = instance.exports[job.export];
}

// The result of the function, or what the program has written to `stdout`.
function run(stdout) {
  if (job.export !== undefined) return call(job.n);
  const [wasi, instance] = instantiate(module, stdout);
  const code = wasi.start(instance);
  if (code) process.exit(code);
}

if (!serving) {
  keep();
  const value = run();
  if (value !== undefined) console.log(String(value));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = {};
    if (line.trim() === "ready") {
      const started = performance.now();
      instantiate(new WebAssembly.Module(data));
      answer.seconds = (performance.now() - started) / 1000;
    } else {
      if (module === undefined) keep();
      const output = fs.openSync(OUTPUT, "w");
      const started = performance.now();
      const value = run(output);
      answer.seconds = (performance.now() - started) / 1000;
      try {
        fs.closeSync(output);
      } catch {
        // The program has closed it.
      }
      answer.result =
        value !== undefined
          ? BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, "0")
          : digest(fs.readFileSync(OUTPUT));
    }
    fs.writeSync(1, JSON.stringify(answer) + "\n");
  }
  fs.rmSync(OUTPUT, { force: true });
}
