(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "__indirect_function_table" (table 1 funcref))
  ;; python-imports
  (func $f)
  @SEGMENT@
  ;; python-init m
)
