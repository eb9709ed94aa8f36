(module
  (@dylink.0 (mem-info (memory 128 2) (table @SIZE@ 0)))
  (import "env" "__indirect_function_table" (table @SIZE@ funcref))
  ;; python-imports
  ;; python-init m
)
