(module
  (@dylink.0 (mem-info (memory 0 0)))
  ;; python-imports
  ;; python-init m
)
