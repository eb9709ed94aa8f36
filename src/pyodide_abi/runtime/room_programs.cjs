// Stands for node:child_process in a locked room, where there are no programs: what a shell says of one that it does
// not find. (Emscripten's system() takes an exception for the end of the interpreter.)

exports.spawnSync = () => ({ status: 127, signal: null });
