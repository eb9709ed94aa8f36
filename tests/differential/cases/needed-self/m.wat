(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "m.so"))
  ;; python-imports
  ;; python-init m
)
