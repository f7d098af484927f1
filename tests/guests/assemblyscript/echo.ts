/**
 * A WASI program: prints its arguments, one a line, longest last, then copies standard input
 * in upper case. Exits with the number of arguments.
 */

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, size: usize): u16;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, buffer: usize): u16;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: u32, vectors: usize, count: usize, written: usize): u16;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: u32, vectors: usize, count: usize, read: usize): u16;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void;

const CHUNK: usize = 64; // bytes of `chunk`
const scratch: usize = memory.data(12);
const chunk: usize = memory.data(64);

function write(fd: u32, start: usize, length: usize): void {
  while (length > 0) {
    store<u32>(scratch, <u32>start);
    store<u32>(scratch, <u32>length, 4);
    if (fd_write(fd, scratch, 1, scratch + 8) != 0) proc_exit(70);
    const written = load<u32>(scratch, 8);
    start += written;
    length -= written;
  }
}

function print(line: string): void {
  const bytes = String.UTF8.encode(line + "\n");
  write(1, changetype<usize>(bytes), bytes.byteLength);
}

function programArguments(): string[] {
  args_sizes_get(scratch, scratch + 4);
  const count = load<u32>(scratch);
  const pointers = heap.alloc(4 * count);
  args_get(pointers, heap.alloc(load<u32>(scratch, 4)));
  const found: string[] = [];
  for (let i: u32 = 1; i < count; i++) {
    found.push(String.UTF8.decodeUnsafe(load<u32>(pointers + 4 * i), 1 << 16, true));
  }
  return found;
}

function read(): usize {
  store<u32>(scratch, <u32>chunk);
  store<u32>(scratch, <u32>CHUNK, 4);
  if (fd_read(0, scratch, 1, scratch + 8) != 0) proc_exit(70);
  return load<u32>(scratch, 8);
}

export function _start(): void {
  const found = programArguments();
  found.sort((a, b) => a.length - b.length);
  for (let i = 0; i < found.length; i++) print(found[i]);
  let length = read();
  while (length > 0) {
    for (let i: usize = 0; i < length; i++) {
      const c = load<u8>(chunk + i);
      if (c >= 97 && c <= 122) store<u8>(chunk + i, c - 32);
    }
    write(1, chunk, length);
    length = read();
  }
  if (found.length > 0) proc_exit(found.length);
}

export function onAbort(message: string, file: string, line: u32, column: u32): void {
  print("abort at line " + line.toString());
  proc_exit(71);
}
