(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "@NAME@" (table 1 funcref))
  ;; python-imports
  ;; python-init m
)
