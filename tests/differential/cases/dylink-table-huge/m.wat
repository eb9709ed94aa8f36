(module
  (@dylink.0 (mem-info (memory 128 2) (table 20000000 0)))
  ;; python-imports
  ;; python-init m
)
