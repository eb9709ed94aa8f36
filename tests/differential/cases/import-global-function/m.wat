(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "@NAME@" (global i32))
  ;; python-imports
  ;; python-init m
)
