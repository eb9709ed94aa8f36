(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  ;; python-init m
)
