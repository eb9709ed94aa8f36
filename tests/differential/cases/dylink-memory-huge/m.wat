(module
  (@dylink.0 (mem-info (memory 3000000000 2)))
  ;; python-imports
  ;; python-init m
)
