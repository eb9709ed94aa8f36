(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "__indirect_function_table" (table @LIMITS@))
  ;; python-imports
  ;; python-init m
)
