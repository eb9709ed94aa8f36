(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "GOT.mem" "@NAME@" (global (mut i32)))
  ;; python-imports
  ;; python-init m
)
