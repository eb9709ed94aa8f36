// The file of a snapshot: the memory of an interpreter that has just started, then its digest.

import { createHash } from "node:crypto";
import { ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

// Bytes of a SHA-256.
const DIGEST = 32;
const digest = (bytes) => createHash("sha256").update(bytes).digest();

// One that is gone since our caller saw it, or broken (half an interpreter may do anything), is done without: null.
// What is broken is told, so that our caller removes it and the next start makes another.
export function recall(file, tell) {
  if (!file) return null;
  try {
    const bytes = readFileSync(file);
    const memory = bytes.subarray(0, -DIGEST);
    if (digest(memory).equals(bytes.subarray(-DIGEST))) return memory;
    tell();
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return null;
}

// Most of the memory is zero: pages of zeros are left out, and most file systems then keep no room for them.
export function save(memory, file) {
  const PAGE = 4096;
  const zeros = Buffer.alloc(PAGE);
  const descriptor = openSync(file, "w");
  for (let at = 0; at < memory.length; at += PAGE) {
    const page = memory.subarray(at, at + PAGE);
    for (let done = zeros.equals(page) ? PAGE : 0; done < page.length; ) {
      done += writeSync(descriptor, page, done, page.length - done, at + done);
    }
  }
  ftruncateSync(descriptor, memory.length);
  writeSync(descriptor, digest(memory), 0, DIGEST, memory.length);
}
