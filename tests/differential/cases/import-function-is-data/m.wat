(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "@NAME@" (func))
  ;; python-imports
  ;; python-init m
)
