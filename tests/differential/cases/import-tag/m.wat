(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" @WHAT@)
  ;; python-imports
  ;; python-init m
)
