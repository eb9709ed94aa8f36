// Stands for node:module in a locked room: a release's require() finds what it may import, and no more.

import { createRequire as create } from "node:module";
import { isLent, refusal } from "./room.mjs";
import programs from "./room_programs.cjs";

const find = create(import.meta.url);

export function createRequire() {
  return (name) => {
    if (name.endsWith("child_process")) return programs;
    if (!isLent(name)) throw refusal(`the module "${name}"`);
    return find(name);
  };
}
