(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (memory i64 1)
  ;; python-init m
)
