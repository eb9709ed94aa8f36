(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "GOT.mem" "@NAME@" (global (mut i32)))
  ;; python-imports
  (global (export "@NAME@") i32 (i32.const 4))
  ;; python-init m
)
