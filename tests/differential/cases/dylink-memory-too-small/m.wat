(module
  (@dylink.0 (mem-info (memory 4 2)))
  ;; python-imports
  ;; python-init m
)
